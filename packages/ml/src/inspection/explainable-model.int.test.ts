import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { classesOf, mixedTable, valuesOf } from '../../test/mixed-table.js'
import type { BoostedClassifier } from '../boosting/boosted-model.js'
import { boostedTreeEnsemble } from '../boosting/boosted-tree-ensemble.js'
import { columnNamed, type Table, takeTableRows } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import type { ForestClassifier } from '../forest/forest-classifier.js'
import { forestEnsemble } from '../forest/forest-ensemble.js'
import { exposeValue } from '../onnx/expose-value.js'
import { exportPipeline } from '../pipeline/export-pipeline.js'
import { featureSources } from '../pipeline/feature-sources.js'
import { fitPipeline } from '../pipeline/fit-pipeline.js'
import type { ColumnSteps, FittedPipeline, PipelineDefinition, StepDefinition } from '../pipeline/pipeline.js'
import { linearContributions, readExplainable, sumBySource } from './explainable-model.js'
import { treeShap } from './tree-shap.js'

const train = mixedTable(400, 21)
const rows = takeTableRows(
  mixedTable(300, 22),
  Int32Array.from({ length: 60 }, (_, row) => row * 5),
)
const numbers = ['age', 'income', 'children', 'balance']

const impute: StepDefinition = { kind: 'simple_imputer', params: { strategy: 'median' } }
const scaled: ColumnSteps = { columns: numbers, steps: [impute, { kind: 'standard_scaler' }] }
const cities: ColumnSteps = { columns: ['city', 'zip'], steps: [{ kind: 'one_hot_encoder' }] }
const codes: ColumnSteps = {
  columns: ['city', 'zip'],
  steps: [{ kind: 'ordinal_encoder', params: { asCategories: true } }],
}

function fit(columns: readonly ColumnSteps[], kind: string, options: Partial<PipelineDefinition> = {}, params = {}) {
  const definition = { columns, features: [], estimator: { kind, params }, ...options }
  const isClassifier = estimatorNamed(kind)?.task === 'classification'
  const target = isClassifier ? classesOf(train, 'group') : valuesOf(train, 'y')
  return fitPipeline(definition, { table: train, target: target as never, threads: 0 }, estimatorNamed)
}

/** What the file says of the rows, with its features exposed. */
async function run(file: Uint8Array, features: string, given: Table) {
  const session = await InferenceSession.create(exposeValue(file, features))
  const feeds = session.inputMetadata.map((input) => {
    const column = columnNamed(given, input.name)
    const data =
      column.kind === 'text'
        ? new Tensor(
            'string',
            Array.from(column.codes, (code) => column.categories[code] ?? ''),
            [given.rowCount],
          )
        : new Tensor('float32', Float32Array.from(column.values), [given.rowCount])
    return [input.name, data]
  })
  const outputs = await session.run(Object.fromEntries(feeds))
  const matrix = outputs[features]
  const width = matrix?.dims[1] ?? 0
  const values = matrix?.data as Float32Array
  return {
    features: Array.from({ length: width }, (_, feature) =>
      Float32Array.from({ length: given.rowCount }, (_, row) => values[row * width + feature] ?? Number.NaN),
    ),
    output: (name: string) => outputs[name]?.data as Float32Array,
  }
}

/** The exact contributions of a file by input, and what they add up to, by output. */
async function explain(file: Uint8Array) {
  const model = readExplainable(file)
  if (model === null) throw new Error('the file has nothing to explain exactly')
  const { features, output } = await run(file, model.features, rows)
  const found =
    model.method === 'tree'
      ? await treeShap(model.trees, features)
      : linearContributions(
          model.linear,
          features,
          Float64Array.from(features, (values) => values.reduce((sum, value) => sum + value, 0) / values.length),
        )
  const byInput = found.contributions.map((own) => sumBySource(own, model.sources, model.inputs.length))
  const totals = byInput.map((own, index) =>
    Float64Array.from({ length: rows.rowCount }, (_, row) =>
      own.reduce((sum, values) => sum + (values[row] ?? Number.NaN), found.expected[index] ?? Number.NaN),
    ),
  )
  return { model, features, found, byInput, totals, output }
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length)
  for (let row = 0; row < found.length; row++) {
    expect(Math.abs((found[row] ?? Number.NaN) - (expected[row] ?? Number.NaN))).toBeLessThanOrEqual(tolerance)
  }
}

const exported = (pipeline: FittedPipeline) =>
  exportPipeline(pipeline as FittedPipeline<'classification'>, estimatorNamed)

describe('trees in a file', () => {
  test('a forest: the contributions are those of the trained trees, and add up to the probabilities', async () => {
    const pipeline = await fit([scaled, cities], 'random_forest_classifier', {}, { n_estimators: 12 })
    const { model, features, found, totals, output } = await explain(exported(pipeline))
    expect(model.method).toBe('tree')
    const own = await treeShap(forestEnsemble(pipeline.model as ForestClassifier), features)
    for (const [code, name] of (pipeline.model.classes ?? []).entries()) {
      // TreeSHAP loses digits on paths of many features.
      expectClose(totals[code] ?? [], output(`probability_${name}`), 1e-5)
      for (const [feature, values] of (own.contributions[code] ?? []).entries()) {
        expectClose(found.contributions[code]?.[feature] ?? [], values, 1e-9)
      }
    }
  })

  test('a forest of numbers: the mean of the trees and the base', async () => {
    const pipeline = await fit([scaled], 'random_forest_regressor', {}, { n_estimators: 12 })
    const { totals, output } = await explain(exported(pipeline))
    expectClose(totals[0] ?? [], output('prediction'), 1e-5)
  })

  test('boosting with categories: one player for each category feature, whatever its splits', async () => {
    const pipeline = await fit(
      [{ columns: numbers, steps: [] }, codes],
      'hist_gradient_boosting_classifier',
      {},
      { max_iter: 15, min_samples_leaf: 5 },
    )
    const ensemble = boostedTreeEnsemble(pipeline.model as BoostedClassifier)
    expect(ensemble.categories?.starts.some((start) => start >= 0)).toBe(true)
    const { model, features, found, totals } = await explain(exported(pipeline))
    expect([...model.sources]).toEqual([0, 1, 2, 3, 4, 5])
    const own = await treeShap(ensemble, features)
    for (const output of [0, 1, 2]) {
      for (const [feature, values] of (own.contributions[output] ?? []).entries()) {
        expectClose(found.contributions[output]?.[feature] ?? [], values, 1e-9)
      }
      expect(Math.abs((found.expected[output] ?? 0) - (own.expected[output] ?? 1))).toBeLessThan(1e-6)
      expect(totals[output]?.every(Number.isFinite)).toBe(true)
    }
  })

  test('covers that are all one, as other programs write them, are no covers', async () => {
    const pipeline = await fit([scaled], 'random_forest_regressor', {}, { n_estimators: 2, max_depth: 2 })
    const file = exported(pipeline)
    const text = Buffer.from(file)
    expect(readExplainable(file)?.method).toBe('tree')
    const at = text.indexOf('nodes_hitrates')
    // Name, then the list: key, length, numbers.
    const start = at + 'nodes_hitrates'.length + 2
    const count = (text[start - 1] ?? 0) / 4
    for (let index = 0; index < count; index++) text.writeFloatLE(1, start + 4 * index)
    expect(readExplainable(text)).toBeNull()
  })
})

describe('a linear function in a file', () => {
  test.each([
    ['ridge', 'prediction', (value: number) => value],
    ['linear_svr', 'prediction', (value: number) => value],
  ])('%s: base and contributions are the prediction', async (kind, name, link) => {
    const { model, totals, output } = await explain(exported(await fit([scaled, cities], kind)))
    expect(model.method).toBe('linear')
    expectClose(Array.from(totals[0] ?? [], link), output(name), 1e-5)
  })

  test('logistic regression of more classes: a softmax of the totals', async () => {
    const pipeline = await fit([scaled, cities], 'logistic_regression')
    const { totals, output } = await explain(exported(pipeline))
    const first = Float64Array.from({ length: rows.rowCount }, (_, row) => {
      const powers = totals.map((own) => Math.exp(own[row] ?? Number.NaN))
      return (powers[0] ?? 0) / powers.reduce((sum, power) => sum + power, 0)
    })
    expectClose(first, output(`probability_${pipeline.model.classes?.[0]}`), 1e-6)
  })

  test('contributions of a column are those of its features together', async () => {
    const { model, found, byInput } = await explain(exported(await fit([scaled, cities], 'ridge')))
    const city = model.inputs.indexOf('city')
    const features = [...model.sources.keys()].filter((feature) => model.sources[feature] === city)
    expect(features.length).toBeGreaterThan(4)
    const sum = features.reduce((total, feature) => total + (found.contributions[0]?.[feature]?.[7] ?? Number.NaN), 0)
    expect(byInput[0]?.[city]?.[7]).toBeCloseTo(sum, 12)
  })
})

describe('which input a feature is made of', () => {
  const sources = async (columns: readonly ColumnSteps[], features: readonly StepDefinition[] = []) => {
    const pipeline = await fit(columns, 'ridge', { features })
    return featureSources(pipeline, estimatorNamed)
  }

  test('indicators, parts of moments, terms and choices keep to their columns', async () => {
    const indicated = await sources([
      { columns: ['age', 'children'], steps: [{ kind: 'simple_imputer', params: { add_indicator: true } }] },
    ])
    expect([...(indicated ?? [])]).toEqual([0, 1, 0, 1])
    const moments = await sources([
      { columns: ['since'], steps: [{ kind: 'date_parts' }, impute] },
      { columns: ['age'], steps: [impute] },
    ])
    expect([...(moments ?? [])]).toEqual([0, 0, 0, 0, 0, 1])
    const texts = await sources([{ columns: ['city', 'title'], steps: [{ kind: 'tfidf_vectorizer' }] }])
    expect(texts?.[0]).toBe(0)
    expect(texts?.at(-1)).toBe(1)
    expect([...(texts ?? [])]).toEqual([...(texts ?? [])].sort())
    const hashed = await sources([
      { columns: ['city', 'title'], steps: [{ kind: 'hashing_vectorizer', params: { n_features: 8 } }] },
    ])
    expect([...(hashed ?? [])]).toEqual([...new Array(8).fill(0), ...new Array(8).fill(1)])
    const chosen = await sources(
      [{ columns: ['age', 'income', 'balance'], steps: [impute] }],
      [{ kind: 'select_k_best', params: { k: 1 } }],
    )
    expect([...(chosen ?? [])]).toEqual([2])
  })

  test('a step over one column keeps to it, and one that mixes columns has no sources', async () => {
    const one = await sources([
      {
        columns: ['title'],
        steps: [{ kind: 'tfidf_vectorizer' }, { kind: 'truncated_svd', params: { n_components: 3 } }],
      },
    ])
    expect([...(one ?? [])]).toEqual([0, 0, 0])
    expect(await sources([scaled], [{ kind: 'pca', params: { n_components: 2 } }])).toBeNull()
    expect(await sources([scaled], [{ kind: 'polynomial_features' }])).toBeNull()
  })

  test('the file of such a pipeline has nothing to explain exactly', async () => {
    const pipeline = await fit([scaled], 'ridge', { features: [{ kind: 'pca', params: { n_components: 2 } }] })
    expect(readExplainable(exported(pipeline))).toBeNull()
    expect(() => readExplainable(new Uint8Array([8, 8]))).toThrow(expect.objectContaining({ code: 'invalid_file' }))
  })
})
