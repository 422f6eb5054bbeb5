import { routes } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { quickRoutes } from './quick-routes.js'

test.each(Object.entries(quickRoutes))('%s is the route of the contract', (name, { method, path }) => {
  const route = Object.entries(routes).find(([given]) => given === name)?.[1]
  expect({ method, path }).toEqual({ method: route?.method, path: route?.path })
})
