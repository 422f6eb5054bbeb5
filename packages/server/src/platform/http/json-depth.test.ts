import { expect, test } from 'vitest'
import { checkJsonDepth } from './json-depth.js'

const nested = (depth: number, inner = '1') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`
const isRefused = (text: string, depthMax?: number) => {
  try {
    checkJsonDepth(text, depthMax)
    return false
  } catch (error) {
    expect(error).toMatchObject({ code: 'json_too_deep' })
    return true
  }
}

test.each([
  ['as deep as is allowed', nested(5), false],
  ['one level deeper', nested(6), true],
  ['objects', `${'{"a":'.repeat(6)}1${'}'.repeat(6)}`, true],
  ['wide but flat', `[${nested(4)},${nested(4)},${nested(4)}]`, false],
  ['brackets within a text', `["${'['.repeat(50)}"]`, false],
  ['an escaped quote', `["\\"${'['.repeat(50)}"]`, false],
  ['a backslash that is escaped itself', `["\\\\",${nested(5)}]`, true],
  ['a text without an end', `["${'['.repeat(50)}`, false],
  ['no JSON', '}}}}}}}}}}}}}}', false],
])('%s', (_, text, refused) => {
  expect(isRefused(text, 5)).toBe(refused)
})

test('a long body of numbers and texts passes by the usual limit', () => {
  const text = JSON.stringify({ rows: Array.from({ length: 2000 }, (_, index) => [index, `"\\${index}`, { a: [[]] }]) })
  expect(isRefused(text)).toBe(false)
  expect(isRefused(nested(201))).toBe(true)
})
