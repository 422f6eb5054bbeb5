import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { diabetes, iris, takeRows, takeTarget } from '../../test/data-sets.js'
import { gaussianNb } from '../bayes/gaussian-nb.js'
import { type Table, table, textColumn } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import { linearRegression } from '../linear/linear-regression.js'
import { classificationScores } from '../metrics/classification.js'
import { regressionScores } from '../metrics/regression.js'
import { kFold, stratifiedKFold } from '../selection/folds.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import {
  type LearningCurveOptions,
  type LearningCurveReport,
  learnCurve,
  learningSizes,
  scoreGrowing,
} from './learning-curve.js'
import { type ExperimentProgress, runExperiment } from './run-experiment.js'

interface ExpectedCurve {
  sizes: number[]
  train: number[][]
  test: number[][]
  train_mean: number[]
  test_std: number[]
}

/** Made with scikit-learn by `test/conformance/ml_parity/learning_curve.py`. */
const expected = JSON.parse(
  readFileSync(new URL('../../test/parity/learning-curve.json', import.meta.url), 'utf8'),
) as { shares: number[]; iris_order: number[]; diabetes: ExpectedCurve; iris: ExpectedCurve }

function expectSame(found: Pick<LearningCurveReport, 'sizes' | 'train' | 'test'>, wanted: ExpectedCurve): void {
  expect(found.sizes).toEqual(wanted.sizes)
  const pairs: readonly [readonly number[], readonly number[]][] = [
    [found.train.scores.flat(), wanted.train.flat()],
    [found.test.scores.flat(), wanted.test.flat()],
    [found.train.mean, wanted.train_mean],
    [found.test.std, wanted.test_std],
  ]
  for (const [values, scikit] of pairs) {
    expect(values).toHaveLength(scikit.length)
    for (const [index, value] of values.entries()) expect(Math.abs(value - (scikit[index] ?? 0))).toBeLessThan(1e-9)
  }
}

describe('sizes, folds and scores are those of scikit-learn', () => {
  test('of a regressor', async () => {
    const part = (rows: Int32Array) => ({
      features: takeRows(diabetes.matrix, rows),
      target: takeTarget(diabetes.target, rows),
    })
    const found = await scoreGrowing(kFold(442, { folds: 5 }), {
      shares: expected.shares,
      async score(trainRows, testRows) {
        const training = part(trainRows)
        const model = await linearRegression.fit(training)
        const scoreOf = ({ features, target }: typeof training) =>
          regressionScores(target.values, linearRegression.predict(model, features).values).r2
        return { train: scoreOf(training), test: scoreOf(part(testRows)) }
      },
    })
    expectSame(found, expected.diabetes)
  })

  test('of a classifier', async () => {
    const order = Int32Array.from(expected.iris_order)
    const matrix = takeRows(iris.matrix, order)
    const all = takeTarget(iris.target, order)
    const part = (rows: Int32Array) => ({ features: takeRows(matrix, rows), target: takeTarget(all, rows) })
    const found = await scoreGrowing(stratifiedKFold(all.labels, { folds: 5 }), {
      shares: expected.shares,
      async score(trainRows, testRows) {
        const training = part(trainRows)
        const model = await gaussianNb.fit(training)
        const scoreOf = ({ features, target }: typeof training) =>
          classificationScores(target.labels.codes, gaussianNb.predict(model, features).codes, 3).accuracy
        return { train: scoreOf(training), test: scoreOf(part(testRows)) }
      },
    })
    expectSame(found, expected.iris)
  })
})

test('sizes are whole rows, ascending, each once', () => {
  expect(learningSizes([1, 0.1, 0.5, 0.55], 9)).toEqual([1, 4, 9])
  expect(learningSizes([0.01], 10)).toEqual([1])
  for (const shares of [[0], [1.1], [Number.NaN], []])
    expect(() => learningSizes(shares, 10)).toThrowError(expect.objectContaining({ code: 'invalid_share' }))
})

const flowers = table([
  ...iris.matrix.columns.map(({ name, values }) => ({
    kind: 'number' as const,
    name,
    values: Float64Array.from(values),
  })),
  textColumn(
    'species',
    Array.from(iris.target.labels.codes, (code) => iris.target.labels.classes[code] ?? ''),
  ),
])
const patients = table([
  ...diabetes.matrix.columns.map(({ name, values }) => ({
    kind: 'number' as const,
    name,
    values: Float64Array.from(values),
  })),
  { kind: 'number', name: 'progression', values: diabetes.target.values },
  { kind: 'number', name: 'clinic', values: Float64Array.from(diabetes.target.values, (_, row) => row % 23) },
  { kind: 'number', name: 'day', values: Float64Array.from(diabetes.target.values, (_, row) => (row * 7919) % 442) },
])

interface Curving extends LearningCurveOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (told: ExperimentProgress) => void
}

async function curveOf(
  rows: Table,
  given: Partial<ExperimentDefinition>,
  { signal, onProgress, ...options }: Curving = {},
): Promise<LearningCurveReport> {
  const definition: ExperimentDefinition = {
    target: 'progression',
    estimator: { kind: 'ridge' },
    split: { kind: 'random', testShare: 0.2 },
    seed: 1,
    ...given,
  }
  const run = { estimators: estimatorNamed }
  const experiment = await runExperiment(rows, definition, run)
  return learnCurve(
    rows,
    definition,
    experiment,
    { ...run, ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) },
    options,
  )
}

const classes = { target: 'species', estimator: { kind: 'gaussian_nb' } } as const

describe('learnCurve', () => {
  test('has more rows at each point, and scores that are of the same seed alone', async () => {
    const found = await curveOf(patients, {})
    expect([found.metric, found.folds, found.sizes]).toEqual(['r2', 5, [28, 70, 141, 211, 282]])
    expect(found.test.scores.map((scores) => scores.length)).toEqual([5, 5, 5, 5, 5])
    expect(found.test.mean[4]).toBeGreaterThan(found.test.mean[0] ?? 1)
    expect(found.train.mean[4]).toBeGreaterThan(found.test.mean[4] ?? 1)
    expect(await curveOf(patients, {})).toEqual(found)
    expect(await curveOf(patients, { seed: 2 })).not.toEqual(found)
  })

  test('classes are in each part in their proportions, though the file is sorted by them', async () => {
    const found = await curveOf(flowers, classes, { shares: [0.1, 1], folds: 4 })
    expect([found.metric, found.sizes]).toEqual(['accuracy', [9, 90]])
    expect(found.test.mean[0]).toBeGreaterThan(0.8)
  })

  test('another metric', async () => {
    const found = await curveOf(patients, {}, { metric: 'rmse', shares: [0.5, 1], folds: 3 })
    expect(found.metric).toBe('rmse')
    expect(found.test.mean[1]).toBeLessThan(80)
    await expect(curveOf(patients, {}, { metric: 'accuracy' })).rejects.toThrow(/no metric accuracy: there are r2/)
  })

  test.each([
    { name: 'groups', split: { kind: 'group', column: 'clinic', testShare: 0.2 } as const },
    { name: 'a series', split: { kind: 'time', column: 'day', testShare: 0.2 } as const },
  ])('$name', async ({ split }) => {
    const found = await curveOf(patients, { split })
    expect(found.sizes).toHaveLength(5)
    expect(found.test.mean.every(Number.isFinite)).toBe(true)
  })

  test('tells how far it is, and stops', async () => {
    const told: number[] = []
    const stop = new AbortController()
    const curve = curveOf(
      patients,
      {},
      {
        signal: stop.signal,
        onProgress({ stage, done, total }) {
          expect([stage, total]).toEqual(['learning_curve', 25])
          told.push(done)
          if (done === 7) stop.abort()
        },
      },
    )
    await expect(curve).rejects.toMatchObject({ code: 'training_aborted' })
    expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('leaves out sizes that the method refuses', async () => {
    const neighbours = { kind: 'k_neighbors_regressor', params: { n_neighbors: 60 } }
    const found = await curveOf(patients, { estimator: neighbours })
    expect(found.sizes).toEqual([70, 141, 211, 282])
    expect(found.test.mean).toHaveLength(4)
  })

  test('fails where there are fewer rows than folds', async () => {
    await expect(curveOf(patients, {}, { folds: 400 })).rejects.toMatchObject({ code: 'split_too_small' })
  })
})
