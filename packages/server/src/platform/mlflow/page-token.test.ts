import { expect, test } from 'vitest'
import { offsetOf, pageOfRows, pageTokenOf } from './page-token.js'

test('a token gives its offset back', () => {
  expect(offsetOf(pageTokenOf(25))).toBe(25)
  expect(offsetOf(undefined)).toBe(0)
  expect(offsetOf('')).toBe(0)
})

test.each(['!', 'abc', btoa('{"offset":-1}'), btoa('{"offset":1.5}'), btoa('[]'), btoa('null')])(
  '%s is refused',
  (token) => {
    expect(() => offsetOf(token)).toThrowError(expect.objectContaining({ code: 'page_token_invalid' }))
  },
)

test('a token is given only when a further row exists', () => {
  expect(pageOfRows([1, 2], { offset: 0, size: 2 })).toEqual({ page: [1, 2] })
  expect(pageOfRows([1, 2, 3], { offset: 4, size: 2 })).toEqual({ page: [1, 2], nextPageToken: pageTokenOf(6) })
})
