import { expect, test } from 'vitest'
import { routes } from './api-routes.js'
import { routePath } from './define-route.js'

test('a path is filled in and encoded', () => {
  expect(routePath(routes.getModelVersion, { model: 'a/b c', version: '1' })).toBe(
    '/api/v1/models/a%2Fb%20c/versions/1',
  )
})

test('no two routes share a method and path', () => {
  const seen = Object.values(routes).map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`)
  expect(new Set(seen).size).toBe(seen.length)
})
