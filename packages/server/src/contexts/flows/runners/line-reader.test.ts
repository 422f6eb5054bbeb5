import { expect, test } from 'vitest'
import { LineReader } from './line-reader.js'

function read(bytesMax: number, ...chunks: readonly (Buffer | string)[]) {
  const lines: string[] = []
  const reader = new LineReader(bytesMax, (stream, text) => lines.push(`${stream} ${text}`))
  for (const chunk of chunks) reader.read('stdout', Buffer.from(chunk))
  reader.end()
  return lines
}

test('lines are told whole, however they come, also the last one without an end', () => {
  const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)]
  expect(read(100, 'one\ntw', 'o\r\n', first, second, '\nthree')).toEqual([
    'stdout one',
    'stdout two',
    'stdout é',
    'stdout three',
  ])
})

test('a long line is cut', () => {
  expect(read(100_000, `${'x'.repeat(20_000)}\nnext\n`).map(({ length }) => length)).toEqual([8_008, 11])
})

test('what is beyond the bound is counted', () => {
  expect(read(10, 'first\n', 'second\n', 'third\n', 'fourth\n')).toEqual([
    'stdout first',
    'stdout second',
    'stderr … 13 bytes left out',
  ])
})
