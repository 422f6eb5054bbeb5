import { describe, expect, test } from 'vitest'
import { limit } from '../../../kernel/index.js'
import { OutputLines } from './output-lines.js'

function makeLines() {
  let now = 0
  const told: (readonly [line: string, dropped: number])[] = []
  const lines = new OutputLines({ monotonicMs: () => now, onLine: (line, dropped) => told.push([line, dropped]) })
  return { lines, told, later: (ms: number) => (now += ms) }
}

describe('what a Python process writes', () => {
  test('is told by line, in whatever pieces it comes', () => {
    const { lines, told } = makeLines()
    const bytes = Buffer.from('première ligne\n\nsecond')
    lines.add(bytes.subarray(0, 4))
    lines.add(bytes.subarray(4))
    lines.add(Buffer.from(' line\n'))
    expect(told).toEqual([
      ['première ligne', 0],
      ['second line', 0],
    ])
  })

  test('is bounded in time, and what was left out is counted', () => {
    const { lines, told, later } = makeLines()
    const max = limit('serving.python_lines_max')
    lines.add(Buffer.from('flood\n'.repeat(max + 50)))
    expect(told).toHaveLength(max)
    later(10_000)
    lines.add(Buffer.from('calm\n'))
    expect(told.at(-1)).toEqual(['calm', 50])
  })

  test('is bounded in length, and its end is kept', () => {
    const { lines, told } = makeLines()
    lines.add(Buffer.from(`${'x'.repeat(1_000_000)}\nthe end`))
    expect(told[0]?.[0].length).toBe(2000)
    expect(lines.tail.endsWith('the end')).toBe(true)
    expect(lines.tail.length).toBeLessThanOrEqual(2000)
  })
})
