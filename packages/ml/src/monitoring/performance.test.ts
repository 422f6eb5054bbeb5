import { describe, expect, test } from 'vitest'
import { designMatrix, numericColumn } from '../data/design-matrix.js'
import { textColumn } from '../data/table.js'
import { createRandom } from '../random/create-random.js'
import { areaWithError } from './area-with-error.js'
import { classificationPerformance } from './classification-performance.js'
import { embeddingDrift } from './embedding-drift.js'
import { estimateClassification, fitClassificationEstimator } from './estimate-classification.js'
import { estimateRegression, fitRegressionEstimator } from './estimate-regression.js'
import { fixedDigits } from './evidently-json.js'
import { imageStatistics } from './image-statistics.js'
import { shareInterval } from './intervals.js'
import { classificationBySegment, regressionBySegment } from './performance-by-segment.js'
import { rankingPerformance } from './ranking-performance.js'
import { regressionPerformance } from './regression-performance.js'

/** Rows of two classes whose probabilities are true. */
function classified(seed: number, rows: number) {
  const random = createRandom(seed)
  const chance = Float64Array.from({ length: rows }, () => random.float())
  return {
    classes: ['no', 'yes'],
    truth: Int32Array.from(chance, (value) => (random.float() < value ? 1 : 0)),
    predicted: Int32Array.from(chance, (value) => (value >= 0.5 ? 1 : 0)),
    probabilities: [chance.map((value) => 1 - value), chance],
  }
}

describe('too few labels is a state, not a number', () => {
  test('classes', () => {
    const rows = classified(1, 100)
    const late = { ...rows, truth: rows.truth.map((code, row) => (row < 29 ? code : -1)) }
    expect(classificationPerformance(late)).toEqual({
      state: 'too_few_labels',
      rowCount: 100,
      labelledCount: 29,
      level: 0.95,
      metrics: null,
    })
    expect(classificationPerformance(late, { labelsMin: 29 }).state).toBe('measured')
  })

  test('values, users and estimates', async () => {
    expect(regressionPerformance(new Float64Array(50).fill(Number.NaN), new Float64Array(50)).metrics).toBeNull()
    const users = Int32Array.of(1, 1)
    expect(rankingPerformance({ users, scores: Float64Array.of(1, 2), relevance: Float64Array.of(0, 1) }).state).toBe(
      'too_few_labels',
    )
    const estimator = fitClassificationEstimator(classified(1, 200), { seed: 1 })
    expect(estimateClassification(estimator, classified(2, 10)).state).toBe('not_enough_data')
    const vectors = { rowCount: 2, dimension: 1, values: Float64Array.of(1, 2) }
    expect(await embeddingDrift(vectors, vectors, { seed: 1 })).toMatchObject({ state: 'not_enough_data', drift: null })
  })
})

test('a single class has an accuracy, and no area', () => {
  const rows = classified(1, 60)
  const { metrics } = classificationPerformance({ ...rows, truth: new Int32Array(60) })
  expect(metrics).toMatchObject({ rocAuc: null, averagePrecision: null, rates: { truePositive: null } })
  expect(metrics?.accuracy.value).toBeGreaterThan(0)
})

test('the class of binary metrics can be the first', () => {
  const rows = classified(3, 200)
  const [first, second] = [0, 1].map((positive) => classificationPerformance({ ...rows, positive }).metrics)
  expect(first?.rates?.truePositive).toEqual(second?.rates?.trueNegative)
  expect(first?.rocAuc?.value).toBeCloseTo(second?.rocAuc?.value ?? Number.NaN, 12)
  expect(() => classificationPerformance({ ...rows, positive: 2 })).toThrowError(
    expect.objectContaining({ code: 'invalid_label', value: 2 }),
  )
})

describe('intervals', () => {
  test('shares by Wilson', () => {
    // statsmodels 0.15.0, proportion_confint(8, 10, method="wilson").
    const found = shareInterval(8, 10, 0.95)
    expect(found?.low).toBeCloseTo(0.4901624715, 8)
    expect(found?.high).toBeCloseTo(0.9433178485, 8)
    expect(shareInterval(0, 0, 0.95)).toBeNull()
    expect(shareInterval(10, 10, 0.95)?.high).toBe(1)
  })

  test('the area by its definition, pair by pair', () => {
    const { truth, probabilities } = classified(4, 60)
    const scores = (probabilities[1] ?? new Float64Array()).map((value) => Math.round(value * 10) / 10)
    const kinds = [0, 1].map((kind) => [...truth.keys()].filter((row) => truth[row] === kind))
    const [misses = [], hits = []] = kinds
    const beats = (hit: number, miss: number) => (Math.sign((scores[hit] ?? 0) - (scores[miss] ?? 0)) + 1) / 2
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = (values: number[]) =>
      values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1) / values.length
    const ofHits = hits.map((hit) => mean(misses.map((miss) => beats(hit, miss))))
    const ofMisses = misses.map((miss) => mean(hits.map((hit) => beats(hit, miss))))
    const found = areaWithError(Uint8Array.from(truth), scores)
    expect(found.area).toBeCloseTo(mean(ofHits), 12)
    expect(found.error).toBeCloseTo(Math.sqrt(spread(ofHits) + spread(ofMisses)), 12)
  })

  test('of classes they hold the true value about as often as they say', () => {
    const large = classificationPerformance(classified(1, 200_000)).metrics
    const names = [
      'accuracy',
      'f1',
      'macroF1',
      'matthews',
      'kappa',
      'rocAuc',
      'logLoss',
      'brier',
      'weightedF1',
    ] as const
    const hits = new Map<string, number>(names.map((name) => [name, 0]))
    for (let seed = 2; seed < 202; seed++) {
      const { metrics } = classificationPerformance(classified(seed, 300))
      for (const name of names) {
        const [own, truth] = [metrics?.[name], large?.[name]?.value ?? Number.NaN]
        if (own && (own.low ?? 1) <= truth && truth <= (own.high ?? 0)) hits.set(name, (hits.get(name) ?? 0) + 1)
      }
    }
    // Of 200 samples at 95 %: 190 expected, with a standard deviation of 3.
    for (const [name, count] of hits) expect(count, name).toBeGreaterThan(179)
  })

  test('and so do those of values', () => {
    const rows = (seed: number, count: number) => {
      const random = createRandom(seed)
      const truth = Float64Array.from({ length: count }, () => 20 + 10 * random.float())
      return { truth, predicted: truth.map((value) => value + random.float() + random.float() + random.float() - 1.2) }
    }
    const measure = ({ truth, predicted }: ReturnType<typeof rows>) => regressionPerformance(truth, predicted).metrics
    const large = measure(rows(1, 200_000))
    const names = ['meanError', 'mae', 'rmse', 'r2', 'mape', 'explainedVariance'] as const
    const hits = new Map<string, number>(names.map((name) => [name, 0]))
    for (let seed = 2; seed < 202; seed++) {
      const metrics = measure(rows(seed, 300))
      for (const name of names) {
        const [own, truth] = [metrics?.[name], large?.[name].value ?? Number.NaN]
        if (own && (own.low ?? 1) <= truth && truth <= (own.high ?? 0)) hits.set(name, (hits.get(name) ?? 0) + 1)
      }
    }
    for (const [name, count] of hits) expect(count, name).toBeGreaterThan(179)
  })
})

test('segments: the largest first, and those with too few labels say so', () => {
  const rows = classified(5, 200)
  const column = textColumn(
    'city',
    Array.from({ length: 200 }, (_, row) => (row < 10 ? 'Nice' : row < 15 ? null : 'Lyon')),
  )
  if (column.kind !== 'text') throw new Error('texts were given')
  const found = classificationBySegment(rows, column)
  expect(found.map(({ segment, performance }) => [segment, performance.state, performance.rowCount])).toEqual([
    ['Lyon', 'measured', 185],
    ['Nice', 'too_few_labels', 10],
  ])
  const values = { truth: new Float64Array(200), predicted: new Float64Array(200) }
  expect(regressionBySegment(values, column).map(({ performance }) => performance.state)).toEqual([
    'measured',
    'too_few_labels',
  ])
})

describe('estimates without labels', () => {
  test('follow a shift of the rows that the labels would show', () => {
    const estimator = fitClassificationEstimator(classified(1, 2000), { seed: 1 })
    const easy = classified(2, 2000)
    const sure =
      easy.probabilities[1]?.map((value) => (value < 0.5 ? value / 4 : 1 - (1 - value) / 4)) ?? new Float64Array()
    const { metrics } = estimateClassification(estimator, {
      ...easy,
      probabilities: [sure.map((value) => 1 - value), sure],
    })
    expect(metrics?.accuracy.value).toBeGreaterThan(0.85)
    expect(metrics?.accuracy.alarm).toBe(true)
    expect(estimateClassification(estimator, classified(3, 2000)).metrics?.accuracy.alarm).toBe(false)
  })

  test('expected cells of the confusion matrix add up to the rows', () => {
    const estimator = fitClassificationEstimator(classified(1, 500), { seed: 1 })
    const { confusion } = estimateClassification(estimator, classified(2, 300))
    expect(confusion?.flat().reduce((sum, { rows }) => sum + rows, 0)).toBeCloseTo(300, 8)
  })

  test.each([
    ['empty_set', { ...classified(1, 40) }],
    ['single_class', { ...classified(1, 200), truth: new Int32Array(200) }],
    ['length_mismatch', { ...classified(1, 200), probabilities: [new Float64Array(200)] }],
    [
      'invalid_probability',
      { ...classified(1, 200), probabilities: [new Float64Array(200), new Float64Array(200).fill(2)] },
    ],
  ])('a reference that cannot be learnt from: %s', (code, rows) => {
    expect(() => fitClassificationEstimator(rows, { seed: 1 })).toThrowError(expect.objectContaining({ code }))
  })

  test('a regressor: too few rows, and a truth that is missing', async () => {
    const column = Float64Array.from({ length: 200 }, (_, row) => row)
    const features = designMatrix([numericColumn('x', column)])
    const rows = { features, truth: column, predicted: column.map((value) => value + (value % 7)) }
    const estimator = await fitRegressionEstimator(rows, { seed: 1 })
    const few = { features: designMatrix([numericColumn('x', Float64Array.of(1))]), predicted: Float64Array.of(1) }
    expect(estimateRegression(estimator, few)).toEqual({ state: 'not_enough_data', rowCount: 1, metrics: null })
    expect(estimateRegression(estimator, rows).metrics?.mae.value).toBeGreaterThan(1)
    const missing = column.map((value) => (value === 3 ? Number.NaN : value))
    await expect(fitRegressionEstimator({ ...rows, truth: missing }, { seed: 1 })).rejects.toMatchObject({
      code: 'invalid_target',
    })
  })
})

test('images: brightness, contrast and colours', () => {
  // A red and a white pixel; the fourth byte of a pixel is not looked at.
  const rgb = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 255, 255, 255) } as const
  const found = imageStatistics(rgb)
  expect(found).toMatchObject({ width: 2, height: 1, aspect: 2, area: 2, red: 255, green: 127.5, blue: 127.5 })
  expect(found.brightness).toBeCloseTo((76.245 + 255) / 2, 10)
  expect(found.contrast).toBeCloseTo((255 - 76.245) / 2, 8)
  const rgba = { ...rgb, channels: 4, data: Uint8Array.of(255, 0, 0, 9, 255, 255, 255, 0) } as const
  expect(imageStatistics(rgba)).toEqual(found)
  expect(imageStatistics({ width: 1, height: 2, channels: 1, data: Uint8Array.of(10, 30) })).toMatchObject({
    brightness: 20,
    contrast: 10,
    aspect: 0.5,
    blue: 20,
  })
  expect(() => imageStatistics({ ...rgb, height: 0 })).toThrowError(expect.objectContaining({ code: 'empty_set' }))
  expect(() => imageStatistics({ ...rgb, width: 3 })).toThrowError(expect.objectContaining({ code: 'length_mismatch' }))
})

test('vectors that do not go together are refused', async () => {
  const vectors = (values: number[], dimension: number) => ({
    rowCount: values.length / dimension,
    dimension,
    values: Float64Array.from(values),
  })
  const many = vectors(
    Array.from({ length: 60 }, (_, at) => at % 7),
    2,
  )
  const options = { seed: 1, method: 'distance' } as const
  await expect(embeddingDrift(many, vectors([1, 2, 3], 3), options)).rejects.toMatchObject({ code: 'length_mismatch' })
  await expect(embeddingDrift(many, vectors([1, Number.NaN], 2), options)).rejects.toMatchObject({
    code: 'non_finite_value',
  })
  await expect(
    embeddingDrift(many, many, { ...options, method: 'ratio', threshold: 'resampled' }),
  ).rejects.toMatchObject({
    code: 'invalid_parameter',
  })
  expect(await embeddingDrift(many, many, options)).toMatchObject({ score: 0, drift: false })
  const level = vectors(
    Array.from({ length: 60 }, () => 1),
    2,
  )
  expect(await embeddingDrift(level, level, { ...options, method: 'mmd' })).toMatchObject({ score: 0, drift: false })
})

test('numbers in texts are rounded as Python rounds them', () => {
  // Ties that are exact in binary go to the even digit.
  expect([0.0625, 0.1875, -0.0625, 2.5].map((value) => fixedDigits(value, 3))).toEqual([
    '0.062',
    '0.188',
    '-0.062',
    '2.500',
  ])
  expect([0.125, 0.375, 1.005].map((value) => fixedDigits(value, 2))).toEqual(['0.12', '0.38', '1.00'])
  expect([Number.NaN, Infinity, -Infinity].map((value) => fixedDigits(value, 3))).toEqual(['nan', 'inf', '-inf'])
})
