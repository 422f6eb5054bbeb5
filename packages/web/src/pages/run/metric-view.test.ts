import { describe, expect, it } from 'vitest'
import { groupMetrics, linePoints, readSmoothing } from './metric-view.js'

describe('groupMetrics', () => {
  it('groups by prefix, those without one first', () => {
    expect(groupMetrics(['val/loss', 'accuracy', 'val/acc', 'system/cpu', '/odd'])).toEqual([
      { prefix: '', names: ['/odd', 'accuracy'] },
      { prefix: 'system', names: ['system/cpu'] },
      { prefix: 'val', names: ['val/acc', 'val/loss'] },
    ])
    expect(groupMetrics(['a/b'])).toEqual([{ prefix: 'a', names: ['a/b'] }])
  })
})

describe('readSmoothing', () => {
  it.each([
    [undefined, 0],
    ['0.6', 0.6],
    ['0.999', 0.99],
    ['1', 0],
    ['-1', 0],
    ['much', 0],
  ])('%s is %s', (text, value) => {
    expect(readSmoothing(text)).toBe(value)
  })
})

describe('linePoints', () => {
  const series = {
    run_id: 'r',
    key: 'loss',
    total: 3,
    steps: [0, 2, 1],
    timestamps_ms: [1000, 3000, 2000],
    values: [3, 'NaN' as const, 1],
  }

  it('orders by the axis and leaves gaps for what is no number', () => {
    expect(linePoints(series, 'step', 0)).toEqual({ xs: [0, 1, 2], ys: [3, 1, null] })
    expect(linePoints(series, 'relative', 500)).toEqual({ xs: [0.5, 1.5, 2.5], ys: [3, 1, null] })
    expect(linePoints(series, 'time', 500)).toEqual({ xs: [1, 2, 3], ys: [3, 1, null] })
  })
})
