import { describe, expect, test } from 'vitest'
import { lookup } from '../../test/feature-probe.js'
import { classesOf, mixedTable, valuesOf } from '../../test/mixed-table.js'
import { type Table, table, takeTableRows, textColumn } from '../data/table.js'
import { pca } from '../decomposition/pca.js'
import { logisticRegression } from '../linear/logistic-regression.js'
import { ridge } from '../linear/ridge.js'
import { fitPipeline } from './fit-pipeline.js'
import type { PipelineDefinition } from './pipeline.js'
import { predictPipeline, transformPipeline } from './predict-pipeline.js'

const estimators = lookup(logisticRegression, ridge, pca)
const rows = mixedTable(300, 3)
const target = valuesOf(rows, 'y')

const definition: PipelineDefinition = {
  columns: [
    { columns: ['balance', 'children'], steps: [{ kind: 'simple_imputer' }, { kind: 'standard_scaler' }] },
    { columns: ['city'], steps: [{ kind: 'one_hot_encoder' }] },
    { columns: ['title'], steps: [{ kind: 'tfidf_vectorizer' }] },
  ],
  features: [],
  estimator: { kind: 'ridge' },
}

function withSteps(
  columns: PipelineDefinition['columns'],
  features: PipelineDefinition['features'] = [],
): PipelineDefinition {
  return { ...definition, columns, features }
}

function determination(expected: Float64Array, predicted: ArrayLike<number>): number {
  const mean = expected.reduce((total, value) => total + value, 0) / expected.length
  const squares = (from: (row: number) => number) =>
    expected.reduce((total, value, row) => total + (value - from(row)) ** 2, 0)
  return 1 - squares((row) => predicted[row] ?? Number.NaN) / squares(() => mean)
}

describe('fitPipeline', () => {
  test('learns from every kind of column, sparse where the estimator takes it', async () => {
    const pipeline = await fitPipeline<'regression'>(definition, { table: rows, target }, estimators)
    const { values } = predictPipeline(pipeline, rows, estimators)
    expect(determination(target.values, values)).toBeGreaterThan(0.7)
    expect('kind' in transformPipeline(pipeline, rows, estimators)).toBe(true)
    expect(pipeline.inputs.map(({ name, column }) => `${name} ${column}`)).toEqual([
      'balance number',
      'children number',
      'city text',
      'title text',
    ])
    expect(pipeline.featureNames?.slice(0, 4)).toEqual(['balance', 'children', 'city_Brest', 'city_Lyon'])
  })

  test('is plain data: a clone predicts the same, whatever the order of the columns and whatever else there is', async () => {
    const pipeline = await fitPipeline<'regression'>(definition, { table: rows, target }, estimators)
    const clone = structuredClone(pipeline)
    const shuffled: Table = { ...rows, columns: rows.columns.toReversed() }
    expect(predictPipeline(clone, shuffled, estimators)).toEqual(predictPipeline(pipeline, rows, estimators))
    const one = predictPipeline(clone, takeTableRows(rows, Int32Array.of(17)), estimators)
    expect(one.values[0]).toBeCloseTo(predictPipeline(pipeline, rows, estimators).values[17] ?? Number.NaN, 12)
    expect(JSON.parse(JSON.stringify(pipeline.definition))).toEqual(definition)
  })

  test('the same rows and seed give the same pipeline', async () => {
    const encoded = withSteps([
      { columns: ['zip', 'city'], steps: [{ kind: 'target_encoder', params: { random_state: 5 } }] },
    ])
    const [first, second] = await Promise.all(
      [1, 2].map(() => fitPipeline<'regression'>(encoded, { table: rows, target }, estimators)),
    )
    expect(first).toEqual(second)
  })

  test('features of one name get one each', async () => {
    const twice = withSteps([
      { columns: ['balance'], steps: [] },
      { columns: ['balance'], steps: [{ kind: 'min_max_scaler' }] },
    ])
    const pipeline = await fitPipeline<'regression'>(twice, { table: rows, target }, estimators)
    expect(pipeline.featureNames).toEqual(['balance', 'balance_2'])
    expect(pipeline.inputs.length).toBe(1)
  })

  test('a decomposition of the catalogue is a step', async () => {
    const reduced = withSteps(
      [{ columns: ['balance', 'income'], steps: [{ kind: 'standard_scaler' }] }],
      [{ kind: 'pca', params: { n_components: 1 } }],
    )
    const pipeline = await fitPipeline<'regression'>(reduced, { table: rows, target }, estimators)
    expect(pipeline.featureNames).toEqual(['component_1'])
  })

  test('numbers are seen as float32, as a file sees them', async () => {
    const odd = table([{ kind: 'number', name: 'x', values: Float64Array.of(0.1, 0.2, 0.3, 0.4) }])
    const plain = withSteps([{ columns: ['x'], steps: [] }])
    const values = Float64Array.of(1, 2, 3, 4)
    const pipeline = await fitPipeline<'regression'>(
      plain,
      { table: odd, target: { kind: 'values', values } },
      estimators,
    )
    const features = transformPipeline(pipeline, odd, estimators)
    expect('columns' in features && [...(features.columns[0]?.values ?? [])]).toEqual(
      [0.1, 0.2, 0.3, 0.4].map(Math.fround),
    )
  })

  test('training rows are target-encoded from the other folds', async () => {
    // A category of its own for every row: its own target would be learnt by heart.
    const alone = table([
      textColumn(
        'id',
        Array.from({ length: 100 }, (_, row) => `row ${row}`),
      ),
    ])
    const values = Float64Array.from({ length: 100 }, (_, row) => (row % 10) - 4.5)
    const encoded = withSteps([{ columns: ['id'], steps: [{ kind: 'target_encoder', params: { smooth: 0 } }] }])
    const pipeline = await fitPipeline<'regression'>(
      encoded,
      { table: alone, target: { kind: 'values', values } },
      estimators,
    )
    const later = predictPipeline(pipeline, alone, estimators)
    expect(determination(values, later.values)).toBeLessThan(0.2)
  })
})

describe('what cannot be done is refused', () => {
  const infinite = table([{ kind: 'number', name: 'balance', values: Float64Array.of(1, 1e39, 2) }])
  const empty = table([{ kind: 'number', name: 'balance', values: new Float64Array(300).fill(Number.NaN) }])
  const few = { kind: 'values', values: Float64Array.of(1, 2, 3) } as const
  const step = (columns: readonly string[], ...kinds: string[]) =>
    withSteps([{ columns, steps: kinds.map((kind) => ({ kind })) }])

  test.each([
    { code: 'invalid_pipeline', of: step(['balance'], 'no_such_step') },
    { code: 'invalid_pipeline', of: { ...definition, estimator: { kind: 'no_such_estimator' } } },
    { code: 'invalid_pipeline', of: withSteps([]) },
    { code: 'invalid_pipeline', of: step([], 'standard_scaler') },
    { code: 'invalid_pipeline', of: step(['balance'], 'standard_scaler', 'date_parts') },
    { code: 'invalid_pipeline', of: step(['balance', 'city'], 'simple_imputer') },
    { code: 'missing_feature', of: step(['no such column'], 'standard_scaler') },
    { code: 'wrong_column_kind', of: step(['title'], 'standard_scaler') },
    { code: 'wrong_column_kind', of: step(['balance'], 'tfidf_vectorizer') },
    { code: 'wrong_column_kind', of: step(['since'], 'one_hot_encoder') },
    { code: 'wrong_column_kind', of: step(['city']) },
    {
      code: 'unknown_parameter',
      of: withSteps([{ columns: ['balance'], steps: [{ kind: 'robust_scaler', params: { wat: 1 } }] }]),
    },
    { code: 'invalid_parameter', of: step(['city'], 'simple_imputer') },
    {
      code: 'invalid_parameter',
      of: withSteps([{ columns: ['title'], steps: [{ kind: 'count_vectorizer', params: { ngram_range: [2, 1] } }] }]),
    },
    {
      code: 'invalid_pipeline',
      of: withSteps(
        [{ columns: ['balance'], steps: [] }],
        [{ kind: 'select_k_best', params: { score_func: 'f_classif' } }],
      ),
    },
    {
      code: 'negative_value',
      of: withSteps([{ columns: ['balance'], steps: [{ kind: 'power_transformer', params: { method: 'box-cox' } }] }]),
    },
    {
      code: 'empty_set',
      of: withSteps([{ columns: ['title'], steps: [{ kind: 'count_vectorizer', params: { min_df: 1000 } }] }]),
    },
    { code: 'non_finite_value', of: step(['balance'], 'standard_scaler'), rows: infinite, learn: few },
    { code: 'all_missing', of: step(['balance'], 'simple_imputer'), rows: empty },
    { code: 'all_missing', of: step(['balance'], 'quantile_transformer'), rows: empty },
    { code: 'length_mismatch', of: definition, learn: few },
    {
      code: 'empty_set',
      of: definition,
      rows: takeTableRows(rows, new Int32Array(0)),
      learn: { kind: 'values', values: new Float64Array(0) },
    },
    {
      code: 'memory_limit',
      of: withSteps([
        {
          columns: ['balance', 'income'],
          steps: [
            { kind: 'polynomial_features', params: { degree: 10 } },
            { kind: 'polynomial_features', params: { degree: 4 } },
          ],
        },
      ]),
    },
    {
      code: 'split_too_small',
      of: step(['city'], 'target_encoder'),
      rows: takeTableRows(rows, Int32Array.of(0, 1, 2)),
      learn: few,
    },
  ] as const)('$code: $of.columns', async ({ code, of, ...other }) => {
    const { rows: given = rows, learn = target } = other as { rows?: Table; learn?: typeof target }
    const fit = fitPipeline<'regression'>(of as PipelineDefinition, { table: given, target: learn }, estimators)
    await expect(fit).rejects.toThrowError(expect.objectContaining({ code }))
  })

  test('a target of the other kind, or none', async () => {
    for (const wrong of [classesOf(rows, 'group'), null]) {
      const fit = fitPipeline<'regression'>(definition, { table: rows, target: wrong as never }, estimators)
      await expect(fit).rejects.toThrowError(expect.objectContaining({ code: 'invalid_target' }))
    }
  })

  test('target encoding without a target', async () => {
    const encoded: PipelineDefinition = { ...step(['city'], 'target_encoder'), estimator: { kind: 'pca' } }
    const fit = fitPipeline<'decomposition'>(encoded, { table: rows, target: null }, estimators)
    await expect(fit).rejects.toThrowError(expect.objectContaining({ code: 'invalid_pipeline' }))
  })

  test('a prediction of rows without a column, or with text where numbers are due', async () => {
    const pipeline = await fitPipeline<'regression'>(definition, { table: rows, target }, estimators)
    const without = table(rows.columns.filter(({ name }) => name !== 'city'))
    expect(() => predictPipeline(pipeline, without, estimators)).toThrowError(
      expect.objectContaining({ code: 'missing_feature' }),
    )
    const texts = Array.from({ length: rows.rowCount }, () => 'much')
    const wrong = table(
      rows.columns.map((column) => (column.name === 'balance' ? textColumn('balance', texts) : column)),
    )
    expect(() => predictPipeline(pipeline, wrong, estimators)).toThrowError(
      expect.objectContaining({ code: 'wrong_column_kind' }),
    )
    // All missing, a column has no kind of its own.
    const unknown = table(
      rows.columns.map((column) =>
        column.name === 'balance'
          ? textColumn(
              'balance',
              texts.map(() => null),
            )
          : column,
      ),
    )
    expect(predictPipeline(pipeline, unknown, estimators).values.length).toBe(rows.rowCount)
  })

  test('a fit that is no longer wanted', async () => {
    const signal = AbortSignal.abort()
    const fit = fitPipeline<'regression'>(definition, { table: rows, target, signal }, estimators)
    await expect(fit).rejects.toThrowError(expect.objectContaining({ code: 'training_aborted' }))
  })
})

test('a classifier behind a pipeline tells classes and probabilities', async () => {
  const classes = classesOf(rows, 'group')
  const classifier: PipelineDefinition = { ...definition, estimator: { kind: 'logistic_regression' } }
  const pipeline = await fitPipeline<'classification'>(classifier, { table: rows, target: classes }, estimators)
  const { codes, probabilities } = predictPipeline(pipeline, rows, estimators)
  const right = codes.filter((code, row) => code === classes.labels.codes[row]).length
  expect(right / rows.rowCount).toBeGreaterThan(0.7)
  expect(probabilities?.length).toBe(3)
})
