import { expect, test } from 'vitest'
import { table } from './table.js'

test('cells may be coloured, and nothing in them moves the cursor or turns the line', () => {
  const hostile = 'a\u001b[2K\rb\nc\u009bd\u202ee'
  const text = table(['name', 'x'], [[hostile, '\u001b[31mred\u001b[39m']])
  expect(text.split('\n')).toHaveLength(3)
  expect(text).toContain('a\ufffd[2K\ufffdb\ufffdc\ufffdd\ufffde')
  expect(text).toContain('\u001b[31mred\u001b[39m')
})
