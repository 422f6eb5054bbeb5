import { expect, test } from 'vitest'
import { fromBase64 } from './from-base64.js'

test.each([
  ['aGVsbG8=', 'hello'],
  ['aGVsbG8', 'hello'],
  ['aGVsbG8==', 'hello'],
  ['aGVsbG8h', 'hello!'],
  ['', ''],
])('%j is read', (text, expected) => {
  expect(fromBase64(text)?.toString()).toBe(expected)
})

test.each(['no base64!', 'aGVsbG8===', 'a', 'aGVs\nbG8=', '-_-_', 'aGVsbG9='])('%j is none', (text) => {
  expect(fromBase64(text)).toBeUndefined()
})

test('very many signs of padding take no longer than other texts', () => {
  // The square of the time would be minutes.
  const many = '='.repeat(1_000_000)
  for (const text of [`${many}a`, `a${many}a`, `aGVsbG8=${many}`, `${many}`]) expect(fromBase64(text)).toBeUndefined()
})
