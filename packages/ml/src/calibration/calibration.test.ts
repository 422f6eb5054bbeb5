import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
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

  test('sigmoid of many rows: the gradient is zero but for rounding', () => {
    const random = createRandom(8)
    const isPositive = Uint8Array.from({ length: 100_000 }, () => (random.float() < 0.3 ? 1 : 0))
    const many = Float32Array.from(isPositive, (own) => own + 3 * random.float())
    const fitted = fitSigmoid(many, isPositive)
    const positives = isPositive.reduce((count, own) => count + own, 0)
    const [high, low] = [(positives + 1) / (positives + 2), 1 / (isPositive.length - positives + 2)]
    let [bySlope, byOffset] = [0, 0]
    for (const [row, score] of many.entries()) {
      const difference = (isPositive[row] === 1 ? high : low) - sigmoidProbability(fitted, score)
      bySlope += score * difference
      byOffset += difference
    }
    expect(Math.abs(byOffset)).toBeLessThan(1e-4)
    expect(Math.abs(bySlope)).toBeLessThan(1e-4)
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

  test.each(['sigmoid', 'isotonic'] as const)('%s brings probabilities near to what happens', (method) => {
    const better = calibrate(fitCalibration(truth, probabilities, method), probabilities)
    const columns = better.probabilities ?? []
    expect(logLoss(truth, columns)).toBeLessThan(0.9 * logLoss(truth, probabilities))
    const error = (values: Float32Array | Float64Array) => calibrationError(calibrationCurve(isClass(truth, 0), values))
    expect(error(itemAt(columns, 0))).toBeLessThan(0.3 * error(itemAt(probabilities, 0)))
    for (let row = 0; row < 50; row++) {
      expect(columns.reduce((sum, column) => sum + itemAt(column, row), 0)).toBeCloseTo(1, 6)
      const greatest = columns.reduce(
        (best, column, code) => (itemAt(column, row) > itemAt(itemAt(columns, best), row) ? code : best),
        0,
      )
      expect(better.codes[row]).toBe(greatest)
    }
  })

  test('rows that say nothing of a class are left out of it', () => {
    const [first, ...others] = probabilities
    const gaps = Float64Array.from(first ?? [], (value, row) => (row % 2 === 0 ? value : Number.NaN))
    const even = Int32Array.from({ length: rowCount / 2 }, (_, row) => 2 * row)
    const half = [first, ...others].map((column) => Float64Array.from(even, (row) => column?.[row] ?? Number.NaN))
    const expected = fitCalibration(
      even.map((row) => itemAt(truth, row)),
      half,
      'isotonic',
    )
    const found = fitCalibration(truth, [gaps, ...others], 'isotonic')
    expect(found.classes[0]).toEqual(expected.classes[0])
    expect(found.classes[1]).toEqual(fitCalibration(truth, probabilities, 'isotonic').classes[1])
  })

  test('a class without rows is refused', () => {
    expect(() => fitCalibration(new Int32Array(rowCount), probabilities, 'sigmoid')).toThrowError(
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

  test('weights count as repeated rows', () => {
    const weights = Float64Array.of(1, 3, 1, 2, 1, 2)
    const rows = [...weights.keys()].flatMap((row) => new Array<number>(itemAt(weights, row)).fill(row))
    const [repeated, own] = [
      Float64Array.from(rows, (row) => itemAt(values, row)),
      Uint8Array.from(rows, (row) => itemAt(isPositive, row)),
    ]
    for (const kind of ['f1', 'balanced_accuracy', 'youden'] as const) {
      expect(tuneThreshold(isPositive, values, { kind }, weights)).toEqual(tuneThreshold(own, repeated, { kind }))
    }
    // Sums of weights are rounded, and all of the positives are still all of them.
    const tenths = Float64Array.of(0.1, 0.1, 0.1, 0.1, 0.7, 0.2)
    const goal = { kind: 'precision_at_recall', recall: 1 } as const
    expect(tuneThreshold(isPositive, values, goal, tenths).threshold).toBe(0.3)
  })

  test('a probability is compared as a file does it', () => {
    expect([...applyThreshold(Float64Array.of(0.35, 0.3499999), 0.35)]).toEqual([1, 0])
    expect([...applyThreshold(Float32Array.of(0.35, Math.fround(0.35) - 2 ** -25), 0.35)]).toEqual([1, 0])
  })

  test('equal probabilities are never parted', () => {
    const tuned = tuneThreshold(Uint8Array.of(1, 0, 1), Float64Array.of(0.5, 0.5, 0.5), { kind: 'f1' })
    expect(tuned).toEqual({ threshold: 0.5, value: expect.closeTo(0.8, 12) })
    expect([...applyThreshold(Float64Array.of(0.5, 0.49), 0.5)]).toEqual([1, 0])
  })
})
