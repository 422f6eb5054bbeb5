import type { MetricTrends } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { figureCharts, figureLines } from './figure-charts.js'

const point = (second: number, value: number | null, band = {}) => ({
  report_id: `drift_${second}`,
  at: new Date(second * 1000).toISOString(),
  value,
  rows: 100,
  state: 'holds' as const,
  ...band,
})
const trends: MetricTrends = {
  metrics: [
    { kind: 'quality', metric: 'missing_share', max: 0.1, points: [point(1, 0.05)] },
    {
      kind: 'estimated_performance',
      metric: 'accuracy',
      points: [point(1, 0.8, { low: 0.7, high: 0.9 }), point(2, 0.7)],
    },
    { kind: 'performance', metric: 'accuracy', min: 0.75, points: [point(1, 0.82), point(2, null)] },
    { kind: 'quality', metric: 'constant_columns', points: [point(1, null)] },
  ],
}
const names = {
  kinds: { performance: 'real', estimated_performance: 'estimated', quality: 'quality' },
  lower: 'lower',
  upper: 'upper',
}

describe('figures over time', () => {
  it('stand with performance first, the estimate beside the truth, and nothing that never was computed', () => {
    expect(figureCharts(trends).map(({ metric, trends: own }) => [metric, own.map(({ kind }) => kind)])).toEqual([
      ['accuracy', ['performance', 'estimated_performance']],
      ['missing_share', ['quality']],
    ])
  })

  it('have their band where one is known, gaps where nothing was computed, and limits over the whole time', () => {
    const [accuracy] = figureCharts(trends)
    if (accuracy === undefined) throw new Error('no chart')
    const lines = figureLines(accuracy, names)
    expect(lines.map(({ label, ys }) => [label, ys])).toEqual([
      ['real', [0.82, null]],
      ['estimated', [0.8, 0.7]],
      ['lower', [0.75, 0.75]],
    ])
    expect(lines[0]?.band).toBeUndefined()
    expect(lines[1]?.band).toEqual({ lows: [0.7, null], highs: [0.9, null] })
  })

  it('has one point for two reports in one second: the later', () => {
    const twice: MetricTrends = {
      metrics: [{ kind: 'quality', metric: 'rows', points: [point(1, 1), point(1.5, 2)] }],
    }
    const [chart] = figureCharts(twice)
    expect(chart === undefined ? [] : figureLines(chart, names)[0]?.ys).toEqual([2])
  })
})
