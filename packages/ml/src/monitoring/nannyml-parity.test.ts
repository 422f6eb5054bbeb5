import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { designMatrix, numericColumn } from '../data/design-matrix.js'
import { estimateClassification, fitClassificationEstimator } from './estimate-classification.js'
import { estimateRegression, fitRegressionEstimator } from './estimate-regression.js'
import type { EstimatedValue } from './reference-chunks.js'

type Told = Record<'value' | 'sampling_error' | 'upper_threshold' | 'lower_threshold', (number | null)[]> & {
  readonly alert: (boolean | null)[]
}

interface ClassCase {
  readonly name: string
  readonly reference: Record<string, (number | string)[]>
  readonly analysis: Record<string, (number | string)[]>
  readonly calibrated: readonly boolean[]
  readonly expected: Record<string, Told>
}

interface Expected {
  readonly classes: readonly ClassCase[]
  readonly values: {
    readonly reference: Record<string, number[]>
    readonly analysis: Record<string, number[]>
    readonly expected: Record<string, Told>
    readonly realised: Record<string, number>
  }
}

// Written by test/conformance/monitoring_nannyml.py, which tells the versions.
const expected = JSON.parse(
  readFileSync(new URL('../../test/parity/monitoring-nannyml.json', import.meta.url), 'utf8'),
) as Expected

function classRows(columns: Record<string, (number | string)[]>) {
  const isBinary = 'chance' in columns
  const classes = isBinary ? ['0', '1'] : ['a', 'b', 'c']
  const codesOf = (name: string) => Int32Array.from(columns[name] ?? [], (label) => classes.indexOf(String(label)))
  const numbersOf = (name: string) => Float64Array.from(columns[name] ?? [], Number)
  const probabilities = isBinary
    ? [numbersOf('chance').map((chance) => 1 - chance), numbersOf('chance')]
    : classes.map(numbersOf)
  return { classes, truth: codesOf('truth'), predicted: codesOf('told'), probabilities }
}

describe.each(expected.classes.map((given) => [given.name, given] as const))('classes: %s', (_, given) => {
  const reference = classRows(given.reference)
  // Whether NannyML calibrates depends on numpy's draws: what it did is what is compared.
  const isCalibrated = given.calibrated.includes(true)
  const estimator = fitClassificationEstimator(reference, {
    seed: 1,
    calibration: isCalibrated ? 'isotonic' : 'none',
  })
  const { metrics } = estimateClassification(estimator, classRows(given.analysis))

  test.each(Object.keys(given.expected))('%s', (name) => {
    const own = metrics?.[name as 'f1'] as EstimatedValue
    const told = given.expected[name] as Told
    // NannyML rounds the steps of its ROC curve to five digits, and orders equal scores as they fall.
    const digits = name === 'roc_auc' ? (isCalibrated ? 5 : 6) : 10
    expect(own.value).toBeCloseTo(told.value[0] ?? Number.NaN, digits)
    expect(own.samplingError).toBeCloseTo(told.sampling_error[0] ?? Number.NaN, name === 'roc_auc' ? 4 : 10)
    expect(own.thresholds?.low).toBeCloseTo(told.lower_threshold[0] ?? Number.NaN, 10)
    expect(own.thresholds?.high).toBeCloseTo(told.upper_threshold[0] ?? Number.NaN, 10)
    expect(own.alarm).toBe(told.alert[0])
  })

  test('calibrating where it helps decides as NannyML does', () => {
    const auto = fitClassificationEstimator(reference, { seed: 1 })
    const own = auto.calibrations
      .slice(reference.classes.length === 2 ? 1 : 0)
      .map((calibration) => calibration !== null)
    expect(own).toEqual(given.calibrated)
  })
})

describe('values', () => {
  const rowsOf = (columns: Record<string, number[]>) => {
    const column = (name: string) => Float64Array.from(columns[name] ?? [])
    return {
      features: designMatrix([numericColumn('x', column('x')), numericColumn('y', column('y'))]),
      truth: column('truth'),
      predicted: column('told'),
    }
  }

  test('thresholds and chance errors to the digit, estimates as near as another learner comes', async () => {
    const estimator = await fitRegressionEstimator(rowsOf(expected.values.reference), { seed: 1 })
    const { metrics } = estimateRegression(estimator, rowsOf(expected.values.analysis))
    for (const [name, told] of Object.entries(expected.values.expected)) {
      const own = metrics?.[name as 'mae'] as EstimatedValue
      const theirs = told.value[0] ?? Number.NaN
      expect(own.thresholds?.low, name).toBeCloseTo(told.lower_threshold[0] ?? Number.NaN, 10)
      expect(own.thresholds?.high, name).toBeCloseTo(told.upper_threshold[0] ?? Number.NaN, 10)
      expect(own.samplingError, name).toBeCloseTo(told.sampling_error[0] ?? Number.NaN, 10)
      expect(Math.abs(own.value / theirs - 1), name).toBeLessThan(0.05)
      expect(own.alarm, name).toBe(told.alert[0])
      // The true value of rows that were never learnt lies within the band.
      expect(own.low, name).toBeLessThan(expected.values.realised[name] ?? Number.NaN)
      expect(own.high, name).toBeGreaterThan(expected.values.realised[name] ?? Number.NaN)
    }
  })
})
