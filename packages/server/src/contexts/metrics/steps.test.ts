import { describe, expect, test } from 'vitest'
import type { Level } from './model.js'
import { groupLines, quantileLines, quantileOf, type ReadFrame, readSteps } from './steps.js'

const frame = (second: number, value: ReadFrame['value'], more: Partial<ReadFrame> = {}): ReadFrame => ({
  at: new Date(second * 1000),
  step_s: 5,
  seen_s: 5,
  value,
  ...more,
})
const minute: Level = 60
const steps = { from: 60, seconds: 60, count: 2 }
const counter = [{ name: 'c_total', kind: 'counter' as const }]
const gauge = [{ name: 'g', kind: 'gauge' as const }]

describe('values by step', () => {
  test('of a gauge are the mean, weighted by the time that was seen, and the ends', () => {
    const frames = [
      frame(60, [10], { step_s: minute, seen_s: 60, low: [1], high: [90] }),
      frame(120, [20], { step_s: minute, seen_s: 30, low: [2], high: [20] }),
    ]
    const wide = { from: 60, seconds: 120, count: 1 }
    const read = (how: 'value' | 'min' | 'max') => readSteps(frames, { series: gauge, steps: wide, read: how })[0]
    expect(read('value')?.[0]).toBeCloseTo((10 * 60 + 20 * 30) / 90)
    expect([read('min'), read('max')]).toEqual([[1], [90]])
  })

  test('of a counter are its growth by the seconds in which it was seen to grow, over a new beginning as well', () => {
    const frames = [frame(55, [100]), frame(60, [110]), frame(65, [120]), frame(70, [4]), frame(180, [9])]
    const told = (read: 'rate' | 'increase') => readSteps(frames, { series: counter, steps, read })[0]
    expect(told('increase')).toEqual([24, null])
    expect(told('rate')).toEqual([24 / 15, null])
  })

  test('that no look fell into are told by the next one, where it is not too late', () => {
    const fives = { from: 0, seconds: 5, count: 6 }
    const gauges = readSteps([frame(0, [1]), frame(15, [7])], { series: gauge, steps: fives, read: 'value' })[0]
    expect(gauges).toEqual([1, 7, 7, 7, null, null])
    const grown = [frame(0, [10]), frame(15, [40]), frame(20, [41])]
    const rates = readSteps(grown, { series: counter, steps: fives, read: 'rate' })[0]
    expect(rates).toEqual([null, 2, 2, 2, 0.2, null])
    const late = readSteps([frame(0, [1]), frame(25, [7])], { series: gauge, steps: fives, read: 'value' })[0]
    expect(late).toEqual([1, null, null, null, null, 7])
  })

  test('of roll-ups go on with what is finer; a lead is only looked back at', () => {
    const frames = [
      frame(60, [30], { step_s: minute, seen_s: 60 }),
      frame(115, [130], { isLead: true }),
      frame(120, [131]),
      frame(125, [133]),
    ]
    expect(readSteps(frames, { series: counter, steps, read: 'increase' })[0]).toEqual([30, 3])
    expect(readSteps(frames, { series: counter, steps, read: 'rate' })[0]).toEqual([0.5, 0.3])
  })
})

describe('lines', () => {
  const lines = [
    { labels: { model: 'a', code: '2xx' }, values: [1, 2, null] },
    { labels: { model: 'a', code: '4xx' }, values: [3, null, null] },
    { labels: { model: 'b' }, values: [5, 5, 5] },
  ]

  test('are put together by the labels that stay apart', () => {
    expect(groupLines(lines, { aggregate: 'none', by: ['model'] })).toBe(lines)
    expect(groupLines(lines, { aggregate: 'sum', by: ['model'] })).toEqual([
      { labels: { model: 'a' }, values: [4, 2, null] },
      { labels: { model: 'b' }, values: [5, 5, 5] },
    ])
    const all = (aggregate: 'avg' | 'min' | 'max') => groupLines(lines, { aggregate, by: [] })[0]?.values
    expect([all('avg'), all('min'), all('max')]).toEqual([
      [3, 3.5, 5],
      [1, 2, 5],
      [5, 5, 5],
    ])
  })

  test('of buckets become quantiles of each histogram', () => {
    const bucket = (le: string, instance: string, value: number | null) => ({
      labels: { le, instance },
      values: [value],
    })
    const buckets = [
      bucket('+Inf', 'x', 10),
      bucket('0.1', 'x', 5),
      bucket('0.2', 'x', 10),
      bucket('0.1', 'y', 0),
      bucket('0.2', 'y', 0),
      bucket('+Inf', 'y', 10),
    ]
    const apart = quantileLines(buckets, 0.75, { aggregate: 'none', by: [] })
    expect(apart).toEqual([
      { labels: { instance: 'x' }, values: [expect.closeTo(0.15)] },
      // Beyond the last bound.
      { labels: { instance: 'y' }, values: [0.2] },
    ])
    expect(quantileLines(buckets, 0.25, { aggregate: 'sum', by: [] })).toEqual([{ labels: {}, values: [0.1] }])
  })
})

/** As `histogram_quantile` of Prometheus answers. */
test.each([
  [
    'nothing was counted',
    0.5,
    [
      [1, 0],
      [Infinity, 0],
    ],
    null,
  ],
  ['there is no last bucket', 0.5, [[1, 4]], null],
  [
    'the first bucket begins at zero',
    0.5,
    [
      [2, 4],
      [Infinity, 4],
    ],
    1,
  ],
  [
    'nothing is spread below zero',
    0.5,
    [
      [-1, 4],
      [1, 4],
      [Infinity, 4],
    ],
    -1,
  ],
  [
    'all of it',
    1,
    [
      [1, 2],
      [3, 4],
      [Infinity, 4],
    ],
    3,
  ],
  [
    'none of it',
    0,
    [
      [1, 0],
      [3, 4],
      [Infinity, 4],
    ],
    0,
  ],
] as const)('a quantile where %s', (_, quantile, buckets, expected) => {
  expect(
    quantileOf(
      quantile,
      buckets.map(([bound, value]) => ({ bound, value })),
    ),
  ).toBe(expected)
})
