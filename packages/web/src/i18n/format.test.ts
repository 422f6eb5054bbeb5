import { describe, expect, it } from 'vitest'
import { formatOf } from './format.js'

const en = formatOf('en')
const fr = formatOf('fr')

describe('formatOf', () => {
  it('writes numbers as each language does', () => {
    expect(en.integer(1234567)).toBe('1,234,567')
    expect(fr.integer(1234567)).toBe('1\u202f234\u202f567')
    expect(fr.metric(0.9737)).toBe('0,974')
    expect(en.metric(0.00012345)).toBe('0.0001235')
    expect(en.metric(0.0000123456)).toBe('1.235e-5')
    expect(fr.metric(-2.8654e-10)).toBe('-2,865e-10')
    expect(en.metric(1)).toBe('1.000')
    expect(en.metric(100)).toBe('100')
    expect(en.metric('NaN')).toBe('NaN')
    expect(en.exact(0.9736842105263158)).toBe('0.9736842105263158')
  })

  it('writes sizes and durations', () => {
    expect(en.bytes(0)).toBe('0\u00a0B')
    expect(en.bytes(4551)).toBe('4.6\u00a0kB')
    expect(fr.bytes(5_000_000)).toBe('5\u00a0Mo')
    expect(en.duration(12)).toBe('12\u00a0ms')
    expect(en.duration(4200)).toBe('4.2\u00a0s')
    expect(en.duration(125_000)).toBe('2\u00a0min 5\u00a0s')
  })

  it('tells how long ago', () => {
    const now = Date.parse('2026-11-21T12:00:00Z')
    expect(en.ago('2026-11-21T11:59:59Z', now)).toBe('now')
    expect(en.ago('2026-11-21T11:56:00Z', now)).toBe('4 min ago')
    expect(fr.ago('2026-11-21T11:56:00Z', now)).toMatch(/^il y a 4\smin/u)
  })
})
