import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
import type { ClassesPredicted } from '../estimators/estimator.js'
import { calibrationCurve, calibrationError, logLoss } from '../metrics/probability.js'
import { isClass } from '../metrics/ranking.js'
import { createRandom } from '../random/create-random.js'
import { calibrate, fitCalibration } from './calibrate-classifier.js'
import { fitIsotonic, isotonicProbability } from './fit-isotonic.js'
import { fitSigmoid, sigmoidProbability } from './fit-sigmoid.js'
import { applyThreshold, tuneThreshold } from './tune-threshold.js'

/** Made with scikit-learn by `test/conformance/ml_parity/inspection.py`. */
const expected = JSON.parse(readFileSync(new URL('../../test/parity/inspection.json', import.meta.url), 'utf8')) as {
  scores: number[]
  positive: number[]
  at: number[]
  sigmoid: number[]
  isotonic: number[]
}
const scores = Float64Array.from(expected.scores)
const positive = Uint8Array.from(expected.positive)

describe('one class, as scikit-learn', () => {
  test('sigmoid', () => {
    const fitted = fitSigmoid(scores, positive)
    // Scikit-learn stops its search at a gradient of 1e-6.
    for (const [index, score] of expected.at.entries())
      expect(sigmoidProbability(fitted, score)).toBeCloseTo(itemAt(expected.sigmoid, index), 5)
  })

  test('isotonic', () => {
    const fitted = fitIsotonic(scores, positive)
    for (const [index, score] of expected.at.entries())
      expect(isotonicProbability(fitted, score)).toBeCloseTo(itemAt(expected.isotonic, index), 9)
    expect([...fitted.probabilities].every((value, at, all) => at === 0 || value >= itemAt(all, at - 1))).toBe(true)
  })

  test('weights count as repeated rows', () => {
    const weights = Float64Array.from(scores, (_, row) => (row % 3 === 0 ? 2 : 1))
    const rows = [...scores.keys()].flatMap((row) => (row % 3 === 0 ? [row, row] : [row]))
    const [repeated, own] = [
      Float64Array.from(rows, (row) => itemAt(scores, row)),
      Uint8Array.from(rows, (row) => itemAt(positive, row)),
    ]
    expect(fitSigmoid(scores, positive, weights).slope).toBeCloseTo(fitSigmoid(repeated, own).slope, 8)
    expect(isotonicProbability(fitIsotonic(scores, positive, weights), 0.3)).toBeCloseTo(
      isotonicProbability(fitIsotonic(repeated, own), 0.3),
      12,
    )
  })
})

describe('a classifier that is too sure of itself', () => {
  // Classes are drawn by the softmax of some numbers, and the classifier takes three times those.
  const random = createRandom(4)
  const rowCount = 3000
  const logits = [0, 1, 2].map(() => Float64Array.from({ length: rowCount }, () => 4 * random.float() - 2))
  const softmax = (factor: number) => {
    const shares = logits.map((column) => column.map((value) => Math.exp(factor * value)))
    const totals = Float64Array.from({ length: rowCount }, (_, row) =>
      shares.reduce((sum, column) => sum + itemAt(column, row), 0),
    )
    return shares.map((column) => column.map((value, row) => value / itemAt(totals, row)))
  }
  const honest = softmax(1)
  const truth = Int32Array.from({ length: rowCount }, (_, row) => {
    const drawn = random.float()
    const [first, second] = [itemAt(itemAt(honest, 0), row), itemAt(itemAt(honest, 1), row)]
    return drawn < first ? 0 : drawn < first + second ? 1 : 2
  })
  const probabilities = softmax(3)
  const predicted: ClassesPredicted = { kind: 'classes', codes: new Int32Array(rowCount), probabilities, scores: null }

  test.each(['sigmoid', 'isotonic'] as const)('%s brings probabilities near to what happens', (method) => {
    const better = calibrate(fitCalibration(truth, predicted, method), predicted)
    const columns = better.probabilities ?? []
    expect(logLoss(truth, columns)).toBeLessThan(0.9 * logLoss(truth, probabilities))
    const error = (values: Float32Array | Float64Array) => calibrationError(calibrationCurve(isClass(truth, 0), values))
    expect(error(itemAt(columns, 0))).toBeLessThan(0.3 * error(itemAt(probabilities, 0)))
    for (let row = 0; row < 50; row++) {
      expect(columns.reduce((sum, column) => sum + itemAt(column, row), 0)).toBeCloseTo(1, 12)
      const greatest = columns.reduce(
        (best, column, code) => (itemAt(column, row) > itemAt(itemAt(columns, best), row) ? code : best),
        0,
      )
      expect(better.codes[row]).toBe(greatest)
    }
  })

  test('a class without rows is refused', () => {
    expect(() => fitCalibration(new Int32Array(rowCount), predicted, 'sigmoid')).toThrowError(
      expect.objectContaining({ code: 'single_class' }),
    )
  })
})

describe('tuneThreshold', () => {
  const isPositive = Uint8Array.of(0, 0, 1, 0, 1, 1)
  const values = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.8, 0.9)

  test.each([
    { goal: { kind: 'f1' } as const, threshold: 0.3, value: 6 / 7 },
    { goal: { kind: 'balanced_accuracy' } as const, threshold: 0.8, value: 5 / 6 },
    { goal: { kind: 'f_beta', beta: 0.5 } as const, threshold: 0.8, value: (1.25 * 2) / (2 + 0.75) },
    { goal: { kind: 'cost', falsePositive: 10, falseNegative: 1 } as const, threshold: 0.8, value: -1 / 6 },
    { goal: { kind: 'cost', falsePositive: 1, falseNegative: 10 } as const, threshold: 0.3, value: -1 / 6 },
    { goal: { kind: 'precision_at_recall', recall: 1 } as const, threshold: 0.3, value: 0.75 },
  ])('$goal', ({ goal, threshold, value }) => {
    expect(tuneThreshold(isPositive, values, goal)).toEqual({ threshold, value: expect.closeTo(value, 12) })
  })

  test('equal probabilities are never parted', () => {
    const tuned = tuneThreshold(Uint8Array.of(1, 0, 1), Float64Array.of(0.5, 0.5, 0.5), { kind: 'f1' })
    expect(tuned).toEqual({ threshold: 0.5, value: expect.closeTo(0.8, 12) })
    expect([...applyThreshold(Float64Array.of(0.5, 0.49), 0.5)]).toEqual([1, 0])
  })
})
