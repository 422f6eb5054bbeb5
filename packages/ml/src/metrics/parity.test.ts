import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
import { classificationScores } from './classification.js'
import { silhouette } from './clustering.js'
import { brierScore, calibrationCurve, calibrationError, logLoss } from './probability.js'
import {
  averagePrecision,
  averagePrecisionOneVsRest,
  isClass,
  precisionRecallCurve,
  rocAuc,
  rocAucOneVsOne,
  rocAucOneVsRest,
  rocCurve,
} from './ranking.js'
import { pinballLoss, poissonDeviance, regressionScores } from './regression.js'

type Averages = Record<'macro' | 'micro' | 'weighted', { precision: number; recall: number; f1: number }>

/** Numbers of every case, and those that only two classes or more than two have. */
interface ExpectedScores extends Averages {
  accuracy: number
  balanced_accuracy: number
  matthews: number
  kappa: number
  confusion: number[][]
  log_loss: number
  brier: number
  roc_auc?: number
  average_precision?: number
  roc?: [number[], number[], number[]]
  pr?: [number[], number[], number[]]
  calibration_uniform?: [number[], number[]]
  calibration_quantile?: [number[], number[]]
  roc_auc_ovr_macro?: number
  roc_auc_ovr_weighted?: number
  roc_auc_ovo_macro?: number
  roc_auc_ovo_weighted?: number
  average_precision_macro?: number
  average_precision_weighted?: number
}

/** Made with scikit-learn by `test/conformance/ml_parity/metrics.py`; the versions stand in the file. */
const cases = JSON.parse(readFileSync(new URL('../../test/parity/metrics.json', import.meta.url), 'utf8')) as {
  classification: {
    name: string
    classes: number
    truth: number[]
    predicted: number[]
    scores: number[][]
    weights: number[] | null
    expected: ExpectedScores
  }[]
  regression: {
    name: string
    truth: number[]
    predicted: number[]
    weights: number[] | null
    expected: Record<string, number>
  }[]
  clusters: { columns: number[][]; codes: number[]; silhouette: number }
}

const close = (value: number) => expect.closeTo(value, 9)
const allClose = (values: number[]) => values.map(close)

describe.each(cases.classification)('$name', ({ classes, truth, predicted, scores, weights, expected }) => {
  const codes = Int32Array.from(truth)
  const columns = scores.map((column) => Float64Array.from(column))
  const rowWeights = weights === null ? undefined : Float64Array.from(weights)
  const positive = isClass(codes, 1)
  const second = itemAt(columns, 1)

  test('scores of classes', () => {
    const found = classificationScores(codes, Int32Array.from(predicted), classes, rowWeights)
    expect(found).toMatchObject({
      accuracy: close(expected.accuracy),
      balancedAccuracy: close(expected.balanced_accuracy),
      matthews: close(expected.matthews),
      kappa: close(expected.kappa),
    })
    for (const average of ['macro', 'micro', 'weighted'] as const) {
      const { precision, recall, f1 } = expected[average]
      expect(found[average]).toEqual({ precision: close(precision), recall: close(recall), f1: close(f1) })
    }
    expect(found.confusion.map((line) => [...line])).toEqual(expected.confusion.map(allClose))
  })

  test('scores of probabilities', () => {
    expect(logLoss(codes, columns, rowWeights)).toBeCloseTo(expected.log_loss, 9)
    expect(brierScore(codes, columns, rowWeights)).toBeCloseTo(expected.brier, 9)
  })

  test.runIf(classes === 2)('ranking of two classes', () => {
    expect(rocAuc(positive, second, rowWeights)).toBeCloseTo(expected.roc_auc ?? Number.NaN, 9)
    expect(averagePrecision(positive, second, rowWeights)).toBeCloseTo(expected.average_precision ?? Number.NaN, 9)
    const roc = rocCurve(positive, second, rowWeights)
    expect([...roc.falsePositiveRate]).toEqual(allClose(expected.roc?.[0] ?? []))
    expect([...roc.truePositiveRate]).toEqual(allClose(expected.roc?.[1] ?? []))
    expect([...roc.thresholds.slice(1)]).toEqual(allClose(expected.roc?.[2] ?? []))
    const curve = precisionRecallCurve(positive, second, rowWeights)
    expect([...curve.precision]).toEqual(allClose(expected.pr?.[0] ?? []))
    expect([...curve.recall]).toEqual(allClose(expected.pr?.[1] ?? []))
    expect([...curve.thresholds]).toEqual(allClose(expected.pr?.[2] ?? []))
    expect(rocAucOneVsRest(codes, columns)).toBe(rocAuc(positive, second))
  })

  test.runIf(classes === 2).each(['uniform', 'quantile'] as const)('calibration in %s groups', (strategy) => {
    const curve = calibrationCurve(positive, second, { groups: 5, strategy })
    const [mean = [], observed = []] = expected[`calibration_${strategy}`] ?? []
    expect([...curve.predicted]).toEqual(allClose(mean))
    expect([...curve.observed]).toEqual(allClose(observed))
    expect(curve.rowCounts.reduce((before, count) => before + count, 0)).toBe(truth.length)
    expect(calibrationError(curve)).toBeGreaterThan(0)
  })

  test.runIf(classes > 2 && weights === null).each(['macro', 'weighted'] as const)(
    '%s ranking of classes',
    (average) => {
      expect(rocAucOneVsRest(codes, columns, average)).toBeCloseTo(expected[`roc_auc_ovr_${average}`] ?? Number.NaN, 9)
      expect(rocAucOneVsOne(codes, columns, average)).toBeCloseTo(expected[`roc_auc_ovo_${average}`] ?? Number.NaN, 9)
      expect(averagePrecisionOneVsRest(codes, columns, average)).toBeCloseTo(
        expected[`average_precision_${average}`] ?? Number.NaN,
        9,
      )
    },
  )
})

test.each(cases.regression)('regression, $name', ({ truth, predicted, weights, expected }) => {
  const own = Float64Array.from(truth)
  const guess = Float64Array.from(predicted)
  const rowWeights = weights === null ? undefined : Float64Array.from(weights)
  const { pinball, poisson, ...scores } = expected
  expect(regressionScores(own, guess, rowWeights)).toEqual(
    Object.fromEntries(Object.entries(scores).map(([name, value]) => [name, close(value)])),
  )
  expect(pinballLoss(own, guess, 0.9, rowWeights)).toBeCloseTo(pinball ?? Number.NaN, 9)
  const counts = own.map(Math.abs)
  const above = guess.map((value) => Math.abs(value) + 0.1)
  expect(poissonDeviance(counts, above, rowWeights)).toBeCloseTo(poisson ?? Number.NaN, 9)
})

test('silhouette, with a cluster of one row', () => {
  const { columns, codes, silhouette: expected } = cases.clusters
  const points = columns.map((column) => Float64Array.from(column))
  expect(silhouette(points, Int32Array.from(codes))).toBeCloseTo(expected, 9)
})

describe('where a score has no meaning', () => {
  test('a constant truth', () => {
    const same = Float64Array.of(2, 2, 2)
    expect(regressionScores(same, same)).toMatchObject({ r2: 1, explainedVariance: 1, rmse: 0 })
    expect(regressionScores(same, Float64Array.of(2, 2, 3))).toMatchObject({ r2: 0, explainedVariance: 0 })
    expect(regressionScores(Float64Array.of(1), Float64Array.of(1)).r2).toBeNaN()
  })

  test('one class in the truth', () => {
    expect(rocAuc(Uint8Array.of(1, 1), Float64Array.of(0.2, 0.3))).toBeNaN()
    expect(averagePrecision(Uint8Array.of(0, 0), Float64Array.of(0.2, 0.3))).toBe(0)
    expect(classificationScores(Int32Array.of(0, 0), Int32Array.of(0, 0), 2)).toMatchObject({ matthews: 0, kappa: NaN })
  })

  test('what cannot be scored is refused', () => {
    expect(() => regressionScores(Float64Array.of(NaN), Float64Array.of(1))).toThrowError(
      expect.objectContaining({ code: 'invalid_target' }),
    )
    expect(() => poissonDeviance(Float64Array.of(1), Float64Array.of(0))).toThrowError(
      expect.objectContaining({ code: 'invalid_target' }),
    )
    expect(() => silhouette([Float64Array.of(1, 2)], Int32Array.of(0, 0))).toThrowError(
      expect.objectContaining({ code: 'single_class' }),
    )
  })
})
