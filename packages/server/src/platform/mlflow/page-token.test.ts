import { expect, test } from 'vitest'
import { offsetOf, pageOfRows, pageStartOf, pageTokenAfter, pageTokenOf, queryDigest } from './page-token.js'

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

test('a token after a row gives its place back, for the same query only', () => {
  const digest = queryDigest(['filter', ['metrics.a']])
  const place = { phase: 1, values: ['1.5', null, 'é'] }
  const token = pageTokenAfter(digest, place)
  expect(pageStartOf(token, digest)).toEqual({ kind: 'after', ...place })
  expect(pageStartOf(undefined, digest)).toBeUndefined()
  expect(pageStartOf('', digest)).toBeUndefined()
  expect(pageStartOf(pageTokenOf(7), digest)).toEqual({ kind: 'offset', offset: 7 })
  const other = queryDigest(['filter', ['metrics.b']])
  expect(() => pageStartOf(token, other)).toThrowError(expect.objectContaining({ code: 'page_token_invalid' }))
})

test.each([
  {},
  { query: 'q' },
  { query: 'q', phase: 0, after: [1] },
  { query: 'q', phase: 0, after: ['a\0'] },
  { query: 'q', phase: 0.5, after: [] },
  { query: 'q', phase: 0, after: Array.from({ length: 401 }, () => null) },
  { query: 'q', phase: 0, after: [], offset: 'x' },
])('a token of %j is refused', (content) => {
  const token = Buffer.from(JSON.stringify(content)).toString('base64')
  expect(() => pageStartOf(token, 'q')).toThrowError(expect.objectContaining({ code: 'page_token_invalid' }))
})
