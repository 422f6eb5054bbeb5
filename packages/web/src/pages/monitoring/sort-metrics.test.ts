import type { ReportMetric } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { sortMetrics } from './sort-metrics.js'

const metric = (name: string, given: Partial<ReportMetric>): ReportMetric => ({
  kind: 'performance',
  metric: name,
  value: 1,
  rows: 10,
  state: 'no_bound',
  ...given,
})

describe('the figures of a report', () => {
  it('have those first whose limit does not hold or could not be judged', () => {
    const { shown, left } = sortMetrics([
      metric('f1', {}),
      metric('accuracy', { state: 'holds', min: 0.5 }),
      metric('roc_auc', { state: 'not_computed', value: null, min: 0.7, why_not: 'too few' }),
      metric('recall', { state: 'violated', min: 0.9 }),
    ])
    expect(shown.map((one) => one.metric)).toEqual(['recall', 'roc_auc', 'accuracy', 'f1'])
    expect(left).toEqual([])
  })

  it('tell once why several could not be computed', () => {
    const missing = { state: 'not_computed', value: null } as const
    const { shown, left } = sortMetrics([
      metric('kappa', { ...missing, why_not: 'one class' }),
      metric('roc_auc', { ...missing, why_not: 'one class' }),
      metric('f1', { ...missing, why_not: 'too few' }),
    ])
    expect(shown).toEqual([])
    expect(left.map(({ why, names }) => [why, names.map((one) => one.metric)])).toEqual([
      ['one class', ['kappa', 'roc_auc']],
      ['too few', ['f1']],
    ])
  })
})
