import { expect, test } from 'vitest'
import { exceedsShape } from './json-shape.js'

const bounds = { depthMax: 3, valuesMax: 8 }

test.each([
  ['', false],
  ['[[[1]]]', false],
  ['[[[[1]]]]', true],
  ['{"a":{"b":{"c":{}}}}', true],
  ['[[],[],[]]', false],
  ['[1,2,3,4,5,6,7,8]', false],
  ['[1,2,3,4,5,6,7,8,9]', true],
  ['"[[[[[[,,,,,,,,,,,,"', false],
  ['["\\"[[[[","\\\\",[[[1]]]]', true],
  ['["\\"[[[[","\\\\",[[1]]]', false],
  ['"[[[[', false],
  ['"\\', false],
  [']]]][[[[', false],
])('%s', (text, expected) => {
  expect(exceedsShape(text, bounds)).toBe(expected)
  expect(exceedsShape(Buffer.from(text), bounds)).toBe(expected)
})
