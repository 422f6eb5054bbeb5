import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bootstrapInterval } from './bootstrap.js'
import { compareClassifiers, compareFoldScores, compareLosses } from './compare-models.js'
import { binomialCdf, chiSquareUpper, studentTwoSided } from './distributions.js'

/** Made with scipy by `test/conformance/ml_parity/selection.py`. */
const expected = JSON.parse(readFileSync(new URL('../../test/parity/selection.json', import.meta.url), 'utf8')) as {
  paired_t: { first: number[]; second: number[]; statistic: number; p: number }
  binomial: [number, number, number][]
  student: [number, number, number][]
  chi_square: [number, number][]
}

test('distributions', () => {
  for (const [successes, trials, p] of expected.binomial) expect(binomialCdf(successes, trials, 0.5)).toBeCloseTo(p, 12)
  for (const [t, degrees, p] of expected.student) expect(studentTwoSided(t, degrees)).toBeCloseTo(p, 12)
  for (const [x, p] of expected.chi_square) expect(chiSquareUpper(x, 1)).toBeCloseTo(p, 12)
})

test('scores by fold', () => {
  const { first, second, statistic, p } = expected.paired_t
  const plain = compareFoldScores(first, second, 0)
  expect(plain).toEqual({ test: 'paired_t', statistic: expect.closeTo(statistic, 9), pValue: expect.closeTo(p, 9) })
  const corrected = compareFoldScores(first, second, 1 / 9)
  expect(corrected.statistic).toBeCloseTo(statistic / Math.sqrt(1 + 10 / 9), 9)
  expect(corrected.pValue).toBeGreaterThan(p)
  expect(compareLosses(Float64Array.of(1, 1), Float64Array.of(1, 1))).toMatchObject({ statistic: 0, pValue: 1 })
})

describe('classifiers', () => {
  const truth = new Int32Array(100)
  const wrongIn = (rows: number[]) => Int32Array.from({ length: 100 }, (_, row) => (rows.includes(row) ? 1 : 0))

  test('few rows differ: exact', () => {
    // Two and eight rows: 2 * P(X <= 2) of 10 fair throws is 112 / 1024.
    const comparison = compareClassifiers(truth, wrongIn([0, 1]), wrongIn([2, 3, 4, 5, 6, 7, 8, 9]))
    expect(comparison).toEqual({ test: 'mcnemar_exact', statistic: 2, pValue: expect.closeTo(0.109375, 12) })
  })

  test('many rows differ: chi-square', () => {
    const many = Array.from({ length: 30 }, (_, row) => row)
    expect(compareClassifiers(truth, wrongIn([]), wrongIn(many))).toMatchObject({
      test: 'mcnemar',
      statistic: 841 / 30,
    })
  })

  test('no row differs', () => {
    expect(compareClassifiers(truth, truth, truth).pValue).toBe(1)
  })
})

describe('bootstrapInterval', () => {
  const values = Float64Array.from({ length: 200 }, (_, row) => row % 10)
  const meanOf = (rows: Int32Array) => rows.reduce((sum, row) => sum + (values[row] ?? 0), 0) / rows.length

  test('holds the value, narrows with the level, and repeats', () => {
    const interval = bootstrapInterval(200, meanOf, { seed: 1 })
    expect(interval.low).toBeLessThan(4.5)
    expect(interval.high).toBeGreaterThan(4.5)
    // 1.96 standard errors: the deviation is 2.87, of 200 rows.
    expect(interval.high - interval.low).toBeCloseTo(2 * 1.96 * (2.872 / Math.sqrt(200)), 1)
    const narrow = bootstrapInterval(200, meanOf, { seed: 1, level: 0.5 })
    expect(narrow.high - narrow.low).toBeLessThan(interval.high - interval.low)
    expect(bootstrapInterval(200, meanOf, { seed: 1 })).toEqual(interval)
  })

  test('samples without a value do not count', () => {
    const interval = bootstrapInterval(3, (rows) => (rows[0] === 0 ? Number.NaN : 1), { seed: 2, resamples: 90 })
    expect(interval).toMatchObject({ low: 1, high: 1 })
    expect(interval.resamples).toBeLessThan(90)
  })

  test('no rows and no level are refused', () => {
    expect(() => bootstrapInterval(0, meanOf, { seed: 1 })).toThrowError(expect.objectContaining({ code: 'empty_set' }))
    expect(() => bootstrapInterval(1, meanOf, { seed: 1, level: 1 })).toThrowError(
      expect.objectContaining({ code: 'invalid_share' }),
    )
  })
})
