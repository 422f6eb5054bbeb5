import { describe, expect, it } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { alignLines, chartValue, nearestIndex } from './align-lines.js'
import { CursorChannel } from './cursor-channel.js'
import { assignStyles } from './line-style.js'
import { smooth } from './smooth.js'
import { tickText, xText, xTickText } from './tick-format.js'

describe('aligned lines', () => {
  it('stand on the union of their places; gaps stay gaps and missing places stay missing', () => {
    const { xs, ys } = alignLines([
      { xs: [0, 2, 4], ys: [1, null, 3] },
      { xs: [1, 2], ys: [5, 6] },
    ])
    expect(xs).toEqual([0, 1, 2, 4])
    expect(ys).toEqual([
      [1, undefined, null, 3],
      [undefined, 5, 6, undefined],
    ])
  })

  it('keep the last of several values at one place', () => {
    expect(alignLines([{ xs: [3, 3], ys: [1, 2] }])).toEqual({ xs: [3], ys: [[2]] })
    expect(alignLines([])).toEqual({ xs: [], ys: [] })
  })

  it('are read at the nearest place', () => {
    const xs = [0, 10, 11, 40]
    for (const [x, index] of [
      [-5, 0],
      [4, 0],
      [6, 1],
      [10.6, 2],
      [1000, 3],
    ] as const)
      expect(nearestIndex(xs, x)).toBe(index)
    expect(nearestIndex([], 1)).toBe(-1)
  })

  it('have gaps where a value is no number', () => {
    expect([1, 'NaN', 'Infinity', Number.POSITIVE_INFINITY].map(chartValue)).toEqual([1, null, null, null])
  })
})

describe('smoothing', () => {
  it('is the line itself without weight', () => {
    const line = [3, null, 1]
    expect(smooth(line, 0)).toBe(line)
  })

  it('starts at the first value, leaves gaps, and nears the mean', () => {
    const smoothed = smooth([4, null, 4, undefined, 4], 0.9)
    expect(smoothed.map((value) => (typeof value === 'number' ? Number(value.toFixed(9)) : value))).toEqual([
      4,
      null,
      4,
      undefined,
      4,
    ])
    // (0.5·0.5·0 + 0.5·1) / (1 − 0.5²), the average without the pull to zero.
    expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(2 / 3, 12)
  })
})

describe('line styles', () => {
  it('differ for 24 runs, colours first, whatever their order', () => {
    const ids = Array.from({ length: 24 }, (_, index) => `run${String(index).padStart(2, '0')}`)
    const styles = assignStyles(ids, new Map())
    expect(new Set(styles.values()).size).toBe(24)
    expect(assignStyles([...ids].reverse(), new Map())).toEqual(styles)
    expect([...assignStyles(ids.slice(0, 6), new Map()).values()].sort()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('stay with their run when others come and go', () => {
    const before = assignStyles(['b', 'c'], new Map())
    const after = assignStyles(['a', 'c', 'd'], before)
    expect(after.get('c')).toBe(before.get('c'))
    expect(new Set(after.values()).size).toBe(3)
  })
})

describe('axis texts', () => {
  it('are short and in the language', () => {
    expect([0, 0.05, 1500, 1e-7, 2.5e9].map((value) => tickText(value, 'en'))).toEqual([
      '0',
      '0.05',
      '1,500',
      '1e-7',
      '2.5e9',
    ])
    expect(tickText(0.05, 'fr')).toBe('0,05')
    expect(tickText(1500, 'fr')).toBe('1\u202f500')
  })

  it('say steps, durations and times', () => {
    const f = formatOf('en')
    expect(xTickText(250, 'step', 50, 'en', f)).toBe('250')
    expect(xTickText(90, 'relative', 30, 'en', f)).toBe(f.duration(90_000))
    expect(xText(1234, 'step', f)).toBe('1,234')
    expect(xTickText(0, 'time', 86_400 * 3, 'en', f)).toMatch(/\d+ \w+/)
  })
})

describe('cursor channel', () => {
  it('tells its charts of another place, once', () => {
    const channel = new CursorChannel()
    let heard = 0
    const stop = channel.subscribe(() => {
      heard += 1
    })
    channel.set({ x: 1, owner: 'a' })
    channel.set({ x: 1, owner: 'a' })
    channel.set(undefined)
    expect(heard).toBe(2)
    stop()
    channel.set({ x: 2, owner: 'a' })
    expect(heard).toBe(2)
    expect(channel.get()).toEqual({ x: 2, owner: 'a' })
  })
})
