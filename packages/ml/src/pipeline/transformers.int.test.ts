import { describe, expect, test } from 'vitest'
import { expectEqual } from '../../test/expect-equal.js'
import { bothAnswers, featureProbe, lookup } from '../../test/feature-probe.js'
import { classesOf, mixedTable } from '../../test/mixed-table.js'
import { type Table, takeTableRows } from '../data/table.js'
import { fitPipeline } from './fit-pipeline.js'
import type { PipelineDefinition, StepDefinition } from './pipeline.js'

const train = mixedTable(400, 11)
/** Other rows: unseen categories, words and numbers beyond what training saw. */
const fresh = mixedTable(700, 12)
const numbers = ['age', 'income', 'children', 'balance']
const complete = ['income', 'balance']

interface Case {
  readonly columns: readonly string[]
  readonly steps: readonly StepDefinition[]
  readonly features?: readonly StepDefinition[]
  /** Greatest difference, relative to the value; 0 demands the same bits. */
  readonly tolerance?: number
}

const impute: StepDefinition = { kind: 'simple_imputer', params: { strategy: 'median' } }

const cases: Readonly<Record<string, Case>> = {
  'numbers as they are': { columns: numbers, steps: [] },
  mean: { columns: numbers, steps: [{ kind: 'simple_imputer' }] },
  'median with indicators': {
    columns: numbers,
    steps: [{ ...impute, params: { strategy: 'median', add_indicator: true } }],
  },
  'most frequent number': {
    columns: ['children'],
    steps: [{ kind: 'simple_imputer', params: { strategy: 'most_frequent' } }],
  },
  'constant number': {
    columns: numbers,
    steps: [{ kind: 'simple_imputer', params: { strategy: 'constant', fill_value: -1 } }],
  },
  'most frequent text': {
    columns: ['city', 'title'],
    steps: [{ kind: 'simple_imputer', params: { strategy: 'most_frequent' } }, { kind: 'one_hot_encoder' }],
  },
  'constant text': {
    columns: ['city'],
    steps: [{ kind: 'simple_imputer', params: { strategy: 'constant' } }, { kind: 'ordinal_encoder' }],
  },
  standard: { columns: numbers, steps: [{ kind: 'standard_scaler' }] },
  'standard without mean': { columns: numbers, steps: [{ kind: 'standard_scaler', params: { with_mean: false } }] },
  'min and max': { columns: numbers, steps: [{ kind: 'min_max_scaler' }] },
  'min and max with ends': {
    columns: numbers,
    steps: [{ kind: 'min_max_scaler', params: { clip: true, feature_range_min: -1 } }],
  },
  robust: { columns: numbers, steps: [{ kind: 'robust_scaler' }] },
  'yeo-johnson': { columns: numbers, steps: [{ kind: 'power_transformer' }] },
  'box-cox': { columns: ['income'], steps: [{ kind: 'power_transformer', params: { method: 'box-cox' } }] },
  'quantiles, uniform': { columns: numbers, steps: [{ kind: 'quantile_transformer' }] },
  'quantiles, normal': {
    columns: numbers,
    steps: [{ kind: 'quantile_transformer', params: { output_distribution: 'normal', n_quantiles: 50 } }],
  },
  'bins as columns': { columns: numbers, steps: [{ kind: 'k_bins_discretizer' }] },
  'bins as numbers': {
    columns: numbers,
    steps: [{ kind: 'k_bins_discretizer', params: { encode: 'ordinal', strategy: 'uniform', n_bins: 7 } }],
  },
  polynomial: { columns: numbers, steps: [impute, { kind: 'polynomial_features', params: { degree: 3 } }] },
  'polynomial of missing values': { columns: numbers, steps: [{ kind: 'polynomial_features' }] },
  interactions: {
    columns: complete,
    steps: [{ kind: 'polynomial_features', params: { interaction_only: true, include_bias: false } }],
  },
  'one-hot': { columns: ['city', 'children'], steps: [{ kind: 'one_hot_encoder' }] },
  'one-hot after imputing': {
    columns: ['children'],
    steps: [impute, { kind: 'one_hot_encoder', params: { drop: 'first' } }],
  },
  'one-hot of many, sparse': { columns: ['zip', 'city'], steps: [{ kind: 'one_hot_encoder' }] },
  'one-hot with rare ones together': {
    columns: ['zip', 'city'],
    steps: [
      {
        kind: 'one_hot_encoder',
        params: { min_frequency: 3, max_categories: 20, handle_unknown: 'infrequent_if_exist' },
      },
    ],
  },
  ordinal: {
    columns: ['zip', 'city', 'children'],
    steps: [{ kind: 'ordinal_encoder', params: { unknown_value: -1 } }],
  },
  target: { columns: ['zip', 'city', 'children'], steps: [{ kind: 'target_encoder' }] },
  dates: {
    columns: ['since'],
    steps: [{ kind: 'date_parts', params: { minute: true, second: true, day_of_year: true, timestamp: true } }],
  },
  counts: { columns: ['title'], steps: [{ kind: 'count_vectorizer' }] },
  'counts of two columns': {
    columns: ['title', 'city'],
    steps: [{ kind: 'count_vectorizer', params: { binary: true, min_token_length: 1 } }],
  },
  'tf-idf': { columns: ['title'], steps: [{ kind: 'tfidf_vectorizer' }] },
  'tf-idf of pairs of words without stop words': {
    columns: ['title'],
    steps: [
      {
        kind: 'tfidf_vectorizer',
        params: {
          ngram_range: [1, 2],
          stop_words: 'french',
          strip_accents: 'unicode',
          sublinear_tf: true,
          min_df: 2,
          max_features: 400,
        },
      },
    ],
  },
  'tf-idf that minds case': {
    columns: ['title'],
    steps: [{ kind: 'tfidf_vectorizer', params: { lowercase: false, norm: 'l1' } }],
  },
  characters: {
    columns: ['title'],
    steps: [{ kind: 'tfidf_vectorizer', params: { analyzer: 'char', ngram_range: [1, 3], max_features: 400 } }],
  },
  'characters within words': {
    columns: ['title'],
    steps: [
      {
        kind: 'count_vectorizer',
        params: { analyzer: 'char_wb', ngram_range: [1, 5], strip_accents: 'unicode', max_features: 400 },
      },
    ],
  },
  'long characters within short words': {
    columns: ['title'],
    steps: [{ kind: 'count_vectorizer', params: { analyzer: 'char_wb', ngram_range: [5, 6], max_features: 400 } }],
  },
  'hashed words': { columns: ['title'], steps: [{ kind: 'hashing_vectorizer', params: { n_features: 128 } }] },
  'hashed pairs of words of two columns': {
    columns: ['title', 'city'],
    steps: [
      {
        kind: 'hashing_vectorizer',
        params: { n_features: 64, ngram_range: [1, 3], stop_words: 'french', strip_accents: 'unicode', norm: null },
      },
    ],
  },
  'hashed characters': {
    columns: ['title'],
    steps: [
      { kind: 'hashing_vectorizer', params: { n_features: 200, analyzer: 'char', ngram_range: [2, 3], norm: 'l1' } },
    ],
  },
  'truncated SVD of text': {
    columns: ['title'],
    steps: [{ kind: 'tfidf_vectorizer' }, { kind: 'truncated_svd', params: { n_components: 5 } }],
  },
  variance: {
    columns: numbers,
    steps: [impute],
    features: [{ kind: 'variance_threshold', params: { threshold: 400 } }],
  },
  'best by F': { columns: numbers, steps: [impute], features: [{ kind: 'select_k_best', params: { k: 2 } }] },
  'best words by chi-squared': {
    columns: ['title'],
    steps: [{ kind: 'count_vectorizer' }],
    features: [{ kind: 'select_k_best', params: { k: 20, score_func: 'chi2' } }],
  },
}

/** Bits, with every NaN alike. */
function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.map((value) => (Number.isNaN(value) ? Number.NaN : value + 0)).buffer)
}

async function expectSame(
  { columns, steps, features = [], tolerance = 0 }: Case,
  tables: readonly Table[],
  sparse: boolean,
) {
  const estimators = lookup(featureProbe({ sparse }))
  const definition: PipelineDefinition = {
    columns: [{ columns, steps }],
    features,
    estimator: { kind: 'feature_probe' },
  }
  const target = classesOf(train, 'group')
  // The probe learns from no target; the transformers do.
  const pipeline = await fitPipeline<'decomposition'>(definition, { table: train, target: target as never }, estimators)
  for (const rows of tables) {
    const { here, there } = await bothAnswers(pipeline, rows, estimators)
    expect(there.length).toBe(here.length)
    for (const [index, column] of here.entries()) {
      const other = there[index] ?? new Float32Array(0)
      if (tolerance === 0) expectEqual(bits(other), bits(column), `column ${pipeline.featureNames?.[index]}`)
      else {
        const largest = column.reduce(
          (most, value, row) => Math.max(most, Math.abs(value - (other[row] ?? Number.NaN))),
          0,
        )
        expect(largest).toBeLessThan(tolerance)
      }
    }
  }
  return pipeline
}

describe('onnxruntime makes the same features as the library', () => {
  test.each(Object.entries(cases))('%s', async (_, one) => {
    const single = takeTableRows(fresh, Int32Array.of(3))
    const pipeline = await expectSame(one, [train, fresh, single], false)
    expect(pipeline.featureNames?.length).toBeGreaterThan(0)
  })
})
