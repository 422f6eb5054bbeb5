import { expect, test } from 'vitest'
import { parseMlflowBody } from './json.js'

test.each([
  ['', {}],
  ['  ', {}],
  ['null', {}],
  ['{"a":1}', { a: 1 }],
  ['"{\\"a\\":1}"', { a: 1 }],
  ['{"a":NaN,"b":-Infinity,"c":[Infinity]}', { a: 'NaN', b: '-Infinity', c: ['Infinity'] }],
  ['{"NaN":"x NaN \\" Infinity","b":NaN}', { NaN: 'x NaN " Infinity', b: 'NaN' }],
])('%s is understood', (text, value) => {
  expect(parseMlflowBody(text)).toEqual(value)
})

test.each(['{', '[1]', '5', '"x"', '{"a":NaN', '{"a":undefined}'])('%s is refused', (text) => {
  expect(() => parseMlflowBody(text)).toThrowError(expect.objectContaining({ code: 'invalid_json' }))
})

test('a long text with a bare NaN is read in one pass', () => {
  const long = 'x\\"'.repeat(500_000)
  expect(parseMlflowBody(`{"a":"${long}","b":NaN}`)).toMatchObject({ b: 'NaN' })
})

test.each([
  ['an open text of escaped quotes', `{"a":"${'\\"'.repeat(200_000)} NaN`],
  ['an open text that ends with a backslash', `"${'\\"'.repeat(200_000)} NaN\\`],
  ['quotes alone', `${'"'.repeat(400_001)} Infinity`],
])('%s is refused in one pass', (_, text) => {
  // Several passes would be minutes: longer than a test may take.
  expect(() => parseMlflowBody(text)).toThrowError(expect.objectContaining({ code: 'invalid_json' }))
})

test('a large body of brackets is refused before it is parsed', () => {
  for (const text of [
    `{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`,
    `{"a":[${'{},'.repeat(2_500_000)}{}]}`,
  ]) {
    expect(() => parseMlflowBody(text)).toThrowError(expect.objectContaining({ code: 'invalid_json' }))
  }
})
