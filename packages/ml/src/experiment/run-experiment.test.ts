import { describe, expect, test } from 'vitest'
import { diabetes, iris } from '../../test/data-sets.js'
import { type Table, table, textColumn } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import { createRandom } from '../random/create-random.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { type ExperimentProgress, runExperiment } from './run-experiment.js'

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
])
const half = { kind: 'random', testShare: 0.3 } as const
const run = (rows: Table, given: Partial<ExperimentDefinition> = {}, onProgress?: (told: ExperimentProgress) => void) =>
  runExperiment(
    rows,
    { target: 'species', estimator: { kind: 'gaussian_nb' }, split: half, seed: 1, ...given },
    { estimators: estimatorNamed, ...(onProgress === undefined ? {} : { onProgress }) },
  )

describe('runExperiment', () => {
  test('a classifier: split by class, tested on rows that it has not seen', async () => {
    const found = await run(flowers)
    expect(found.task).toBe('classification')
    expect(found.testRows).toHaveLength(45)
    expect(found.metrics.accuracy).toBeGreaterThan(0.9)
    expect(found.metrics.roc_auc).toBeGreaterThan(0.98)
    expect(Object.keys(found.metrics)).toEqual(
      expect.arrayContaining(['balanced_accuracy', 'f1_macro', 'log_loss', 'mcc', 'kappa', 'pr_auc', 'brier']),
    )
    expect(found.reports.confusion_matrix?.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(45)
    expect(found.reports.roc_curve?.map(({ name }) => name)).toEqual(['setosa', 'versicolor', 'virginica'])
    expect(await run(flowers)).toEqual(found)
    expect((await run(flowers, { seed: 2 })).testRows).not.toEqual(found.testRows)
  })

  test('a regressor: preprocessing is chosen, folds are tested too', async () => {
    const told: ExperimentProgress[] = []
    const given = {
      target: 'progression',
      estimator: { kind: 'k_neighbors_regressor', params: { n_neighbors: 15 } },
      folds: 3,
    }
    const found = await run(patients, given, (progress) => told.push(progress))
    expect(found.task).toBe('regression')
    expect(found.metrics.r2).toBeGreaterThan(0.3)
    expect(found.metrics.cv_r2_mean).toBeGreaterThan(0.3)
    expect(found.metrics.cv_r2_std).toBeGreaterThan(0)
    expect(found.definition.columns.flatMap(({ steps }) => steps.map(({ kind }) => kind))).toContain('standard_scaler')
    expect(found.reports.residuals?.counts.reduce((sum, count) => sum + count, 0)).toBe(found.testRows.length)
    expect(told.filter(({ stage }) => stage === 'folds').map(({ done }) => done)).toEqual([0, 1, 2])
    expect(told.at(-1)?.stage).toBe('evaluate')
  })

  test('columns by name, weights of rows, and what is left out', async () => {
    const rows = table([
      ...flowers.columns,
      { kind: 'number', name: 'same', values: new Float64Array(150).fill(3) },
      { kind: 'number', name: 'trust', values: Float64Array.from({ length: 150 }, (_, row) => 1 + (row % 2)) },
    ])
    const found = await run(rows, { weight: 'trust' })
    expect(found.dropped).toEqual([{ name: 'same', reason: 'constant' }])
    expect(found.pipeline.inputs.map(({ name }) => name)).toEqual(iris.matrix.columns.map(({ name }) => name))
    const two = await run(rows, { features: ['petal length', 'petal width'] })
    expect(two.pipeline.inputs).toHaveLength(2)
  })

  test('groups stay on one side, and time goes forward', async () => {
    const random = createRandom(1)
    const rows = table([
      ...flowers.columns,
      textColumn(
        'garden',
        Array.from({ length: 150 }, (_, row) => `g${row % 10}`),
      ),
      { kind: 'time', name: 'day', values: Float64Array.from({ length: 150 }, () => random.intBelow(1e9)) },
    ])
    const grouped = await run(rows, { split: { kind: 'group', column: 'garden', testShare: 0.2 } })
    expect(new Set([...grouped.testRows].map((row) => row % 10)).size).toBe(2)
    expect(grouped.pipeline.inputs.map(({ name }) => name)).not.toContain('garden')
    const timed = await run(rows, { split: { kind: 'time', column: 'day', testShare: 0.2 } })
    const days = rows.columns.at(-1)
    const daysOf = (chosen: Int32Array) =>
      [...chosen].map((row) => (days?.kind === 'time' ? (days.values[row] ?? 0) : 0))
    expect(Math.max(...daysOf(timed.trainRows))).toBeLessThan(Math.min(...daysOf(timed.testRows)))
  })
})

describe('what cannot be learnt is refused', () => {
  const numbers = (values: readonly number[]) =>
    table([
      { kind: 'number', name: 'a', values: Float64Array.from(values.keys()) },
      { kind: 'number', name: 'y', values: Float64Array.from(values) },
    ])
  const regress = { target: 'y', task: 'regression' as const, estimator: { kind: 'dummy_regressor' } }
  const many = Array.from({ length: 10 }, (_, row) => row / 7)

  test.each([
    { name: 'no such target', rows: flowers, given: { target: 'colour' }, code: 'missing_feature' },
    { name: 'a constant number', rows: numbers([2, 2, 2, 2]), given: regress, code: 'invalid_target' },
    { name: 'one class', rows: numbers([1, 1, 1, 1]), given: { target: 'y' }, code: 'single_class' },
    { name: 'a missing value', rows: numbers([1.5, Number.NaN, 2]), given: regress, code: 'invalid_target' },
    { name: 'an infinite value', rows: numbers([1.5, Infinity, 2]), given: regress, code: 'invalid_target' },
    { name: 'text as numbers', rows: flowers, given: { task: 'regression' as const }, code: 'invalid_target' },
    { name: 'no row', rows: numbers([]), given: regress, code: 'empty_set' },
    { name: 'one row', rows: numbers([1.5]), given: regress, code: 'split_too_small' },
    { name: 'fewer rows than folds', rows: numbers(many), given: { ...regress, folds: 9 }, code: 'split_too_small' },
    {
      name: 'another task',
      rows: flowers,
      given: { estimator: { kind: 'dummy_regressor' } },
      code: 'invalid_pipeline',
    },
    { name: 'an unknown estimator', rows: flowers, given: { estimator: { kind: 'oracle' } }, code: 'invalid_pipeline' },
    {
      name: 'an unknown parameter',
      rows: flowers,
      given: { estimator: { kind: 'gaussian_nb', params: { trees: 1 } } },
      code: 'unknown_parameter',
    },
    { name: 'the target as a feature', rows: flowers, given: { features: ['species'] }, code: 'invalid_pipeline' },
    {
      name: 'a share of everything',
      rows: flowers,
      given: { split: { ...half, testShare: 1 } },
      code: 'invalid_share',
    },
    { name: 'weights of text', rows: flowers, given: { weight: 'species' }, code: 'invalid_weight' },
  ])('$name', async ({ rows, given, code }) => {
    await expect(run(rows, given)).rejects.toMatchObject({ code })
  })
})
