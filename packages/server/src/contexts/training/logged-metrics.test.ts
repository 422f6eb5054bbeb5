import { loggedMetricNames } from '@fabrique/contract'
import { encodeLabels, evaluate } from '@fabrique/ml'
import { expect, test } from 'vitest'

// What a rule of promotion can name is what a tested model is logged with.

test('the metrics of classes are those of the evaluation', () => {
  const labels = encodeLabels(['a', 'b', 'a', 'b'])
  const shares = [0.9, 0.4, 0.3, 0.2]
  const probabilities = [Float64Array.from(shares), Float64Array.from(shares, (share) => 1 - share)]
  const predicted = { kind: 'classes', codes: Int32Array.of(0, 1, 1, 1), probabilities, scores: null } as const
  const { metrics } = evaluate({ kind: 'classes', labels }, predicted)
  expect(Object.values(loggedMetricNames.classification).sort()).toEqual(Object.keys(metrics).sort())
})

test('the metrics of numbers are those of the evaluation', () => {
  const target = { kind: 'values', values: Float64Array.of(1, 2, 4) } as const
  const { metrics } = evaluate(target, { kind: 'values', values: Float64Array.of(1.5, 2, 3) })
  expect(Object.values(loggedMetricNames.regression).sort()).toEqual(Object.keys(metrics).sort())
})
