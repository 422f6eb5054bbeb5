import { stripVTControlCharacters } from 'node:util'
import type { ModelComparison, RowExplanation } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { describeComparison } from './commands/compare.js'
import { bar, describeRow } from './describe-explanation.js'

const plain = (text: string) => stripVTControlCharacters(text)

test('a bar is as long as its share of the longest one', () => {
  expect(bar(2, 2)).toBe('█'.repeat(24))
  expect(bar(1, 2)).toBe('█'.repeat(12))
  expect(bar(1, 192)).toBe('▏')
  expect([bar(0, 2), bar(-1, 2), bar(1, 0), bar(Number.NaN, 1)]).toEqual(['', '', '', ''])
})

const row: RowExplanation = {
  model: 'churn',
  version: '3',
  request_id: 'req_1',
  prediction: { prediction: 'left', probabilities: { left: 0.75, stayed: 0.25 } },
  method: 'sampling',
  outputs: [
    {
      class: 'left',
      output: 'probability',
      base: 0.5,
      value: 0.75,
      contributions: [
        { column: 'hours', value: 3, contribution: 0.3, standard_error: 0.01 },
        { column: 'plan', value: null, contribution: -0.05, standard_error: 0 },
      ],
    },
  ],
}

test('a row in both languages', () => {
  const english = plain(describeRow(row, 'en'))
  expect(english).toContain('churn 3  Prediction left')
  expect(english).toMatch(/^hours +3 +\+0\.3 ± 0\.01 +█{24}$/m)
  expect(english).toMatch(/^plan +– +-0\.05 ± 0 +████$/m)
  expect(english).toContain('on average 0.5, together 0.75')
  expect(plain(describeRow(row, 'fr'))).toContain('Ce que chaque colonne ajoute à la probabilité de left')
})

const comparison: ModelComparison = {
  first: { model: 'churn', version: '3' },
  second: { model: 'churn', version: '4' },
  snapshot_id: 'snap_1',
  task: 'classification',
  rows: 120,
  seen_by: [],
  metrics: [
    { name: 'accuracy', first: 0.8, second: 0.85, is_higher_better: true, difference: { low: -0.01, high: 0.11 } },
    { name: 'log_loss', first: 0.3, second: null, is_higher_better: false },
  ],
  test: { name: 'mcnemar', statistic: 1.2, p_value: 0.31, better: 'neither' },
}

describe('a comparison', () => {
  test('says that a difference may be chance', () => {
    const told = plain(describeComparison(comparison, 'en'))
    expect(told).toMatch(/^accuracy +0\.8 +0\.85 +-0\.01 … 0\.11$/m)
    expect(told).toMatch(/^log_loss +0\.3 +–$/m)
    expect(told).toContain('The difference may be chance (p = 0.31)  on 120 rows of snap_1')
  })

  test('says who is better, and who has seen the rows', () => {
    const better = { ...comparison.test, p_value: 1e-9, better: 'second' as const }
    const told = plain(describeComparison({ ...comparison, test: better, seen_by: ['second'] }, 'en'))
    expect(told).toContain('churn 4 is better (p < 0.0001)')
    expect(told).toContain('May have learnt from these rows, which flatters its figures: churn 4')
    expect(plain(describeComparison(comparison, 'fr'))).toContain('La différence peut être due au hasard (p = 0,31)')
  })
})
