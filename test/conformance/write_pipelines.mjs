// Writes fitted pipelines for ml_pipelines.py: FOLDER/<name>/{model.onnx,case.json}, with the rows and what the library predicts.
// Usage: node write_pipelines.mjs FOLDER
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createRandom,
  decidePipeline,
  defaultPipeline,
  encodeLabels,
  estimatorNamed,
  estimators,
  exportPipeline,
  fitCalibration,
  fitPipeline,
  predictPipeline,
  summarizeColumns,
  table,
  takeTableRows,
  textColumn,
} from '@fabrique/ml'

const trainRows = 500
const rowCount = 800

function pick(random, items) {
  return items[random.intBelow(items.length)]
}

/** Rows of every kind of column, some values missing; the last rows are new to the pipelines. */
function customers(seed) {
  const random = createRandom(seed)
  const numbers = (make) => Float64Array.from({ length: rowCount }, make)
  const texts = (make) => Array.from({ length: rowCount }, make)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
  const age = numbers(() => (random.float() < 0.1 ? Number.NaN : 18 + 60 * random.float()))
  const income = numbers(() => Math.exp(normal() + 10))
  const orders = numbers(() => random.intBelow(6))
  const city = texts((_, row) =>
    random.float() < 0.05
      ? null
      : pick(random, row < trainRows ? ['Paris', 'Lyon', 'Nice'] : ['Paris', 'Metz', 'Nice']),
  )
  const code = texts(() => `${10_000 + random.intBelow(300)}`)
  const words = [
    'très',
    'content',
    'de',
    'la',
    'livraison',
    'RAPIDE',
    'été',
    'cassé',
    'à',
    'l’arrivée',
    'retour',
    'ÉCHANGE',
    '☃',
    '12',
  ]
  const review = texts(() => (random.float() < 0.05 ? null : sentence(random, words)))
  const since = numbers(() => (random.float() < 0.1 ? Number.NaN : Math.floor((random.float() - 0.3) * 4e12)))
  const spend = orders.map(
    (count, row) => 10 * count + Math.log(income[row]) + (city[row] === 'Lyon' ? 5 : 0) + normal(),
  )
  const kind = Array.from(spend, (value, row) =>
    review[row]?.includes('cassé') ? 'angry' : value > 36 ? 'good' : 'calm',
  )
  const number = (name, values) => ({ kind: 'number', name, values })
  const columns = [
    number('age', age),
    number('income', income),
    number('orders', orders),
    textColumn('city', city),
    textColumn('code', code),
    textColumn('review', review),
    { kind: 'time', name: 'since', values: since },
  ]
  return { rows: table(columns), spend, kind }
}

function sentence(random, words) {
  return Array.from({ length: 3 + random.intBelow(9) }, () => pick(random, words)).join(pick(random, [' ', '  ', ', ']))
}

/** Parameters of estimators that are slow with their own. */
const fewer = {
  random_forest_classifier: { n_estimators: 20 },
  extra_trees_classifier: { n_estimators: 20 },
  hist_gradient_boosting_classifier: { max_iter: 20 },
  mlp_classifier: { hidden_layer_sizes: [10], max_iter: 30 },
}

/** By name: what is learnt, and how; null takes the default pipeline of the estimator. */
const pipelines = {
  'default-logistic': { target: 'kind', estimator: { kind: 'logistic_regression' }, columns: null },
  'default-forest': {
    target: 'kind',
    estimator: { kind: 'random_forest_classifier', params: { n_estimators: 20 } },
    columns: null,
  },
  'default-ridge': { target: 'spend', estimator: { kind: 'ridge' }, columns: null },
  'default-boosting': {
    target: 'spend',
    estimator: { kind: 'hist_gradient_boosting_regressor', params: { max_iter: 20 } },
    columns: null,
  },
  ...Object.fromEntries(
    estimators
      .filter(({ task }) => task === 'classification')
      .flatMap(({ kind }) =>
        ['sigmoid', 'isotonic'].map((calibration) => [
          `${kind}-${calibration}`,
          { target: 'kind', estimator: { kind, params: fewer[kind] }, columns: null, calibration },
        ]),
      ),
  ),
  'calibrated-boosting-with-threshold': {
    target: 'calm',
    estimator: { kind: 'hist_gradient_boosting_classifier', params: { max_iter: 20 } },
    columns: null,
    calibration: 'isotonic',
    threshold: 0.35,
  },
  'bayes-with-threshold': {
    target: 'calm',
    estimator: { kind: 'gaussian_nb' },
    columns: null,
    threshold: 0.2,
  },
  'numbers-every-way': {
    target: 'spend',
    estimator: { kind: 'ridge' },
    columns: [
      {
        columns: ['age'],
        steps: [{ kind: 'simple_imputer', params: { add_indicator: true } }, { kind: 'power_transformer' }],
      },
      { columns: ['income'], steps: [{ kind: 'quantile_transformer', params: { output_distribution: 'normal' } }] },
      { columns: ['orders'], steps: [{ kind: 'one_hot_encoder', params: { drop: 'first' } }] },
      {
        columns: ['income', 'orders'],
        steps: [{ kind: 'robust_scaler' }, { kind: 'polynomial_features', params: { degree: 3 } }],
      },
      { columns: ['income'], steps: [{ kind: 'k_bins_discretizer' }] },
      {
        columns: ['since'],
        steps: [
          { kind: 'date_parts', params: { day_of_year: true } },
          { kind: 'simple_imputer' },
          { kind: 'min_max_scaler' },
        ],
      },
    ],
    features: [{ kind: 'variance_threshold' }, { kind: 'select_k_best', params: { k: 12 } }],
  },
  'texts-every-way': {
    target: 'kind',
    estimator: { kind: 'logistic_regression' },
    columns: [
      { columns: ['code'], steps: [{ kind: 'target_encoder' }, { kind: 'standard_scaler' }] },
      {
        columns: ['city'],
        steps: [{ kind: 'ordinal_encoder', params: { unknown_value: -1, encoded_missing_value: -2 } }],
      },
      {
        columns: ['review'],
        steps: [
          { kind: 'tfidf_vectorizer', params: { analyzer: 'char_wb', ngram_range: [2, 4], strip_accents: 'unicode' } },
        ],
      },
      {
        columns: ['review'],
        steps: [{ kind: 'count_vectorizer', params: { ngram_range: [1, 2], stop_words: 'french' } }],
      },
      { columns: ['review'], steps: [{ kind: 'tfidf_vectorizer', params: { analyzer: 'char', ngram_range: [1, 2] } }] },
    ],
    features: [],
  },
}

function cellsOf(column) {
  if (column.kind === 'text') return Array.from(column.codes, (code) => column.categories[code] ?? null)
  return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value))
}

function answersOf(prediction, classes) {
  if (prediction.kind === 'values') return { prediction: Array.from(prediction.values) }
  const answers = { label: Array.from(prediction.codes, (code) => classes[code]) }
  for (const [code, values] of (prediction.probabilities ?? []).entries())
    answers[`probability_${classes[code]}`] = Array.from(values)
  return answers
}

/** What is learnt of the rows that train. */
function targetOf(target, { spend, kinds }) {
  if (target === 'spend') return { kind: 'values', values: spend.slice(0, trainRows) }
  const classes = target === 'calm' ? kinds.map((kind) => (kind === 'calm' ? 'calm' : 'other')) : kinds
  return { kind: 'classes', labels: encodeLabels(classes.slice(0, trainRows)) }
}

/** The pipeline with its calibration and threshold; here they are learnt from the rows that it was trained on. */
function decided(pipeline, { train, learnt, calibration, threshold }) {
  const said = () => decidePipeline(pipeline, train, estimatorNamed)
  return {
    ...pipeline,
    ...(calibration === undefined ? {} : { calibration: fitCalibration(learnt.labels.codes, said(), calibration) }),
    ...(threshold === undefined ? {} : { threshold }),
  }
}

async function writeCase(folder, name, { target, estimator: { kind, params = {} }, columns, features, ...decision }) {
  const { rows, spend, kind: kinds } = customers(7)
  const estimator = estimatorNamed(kind)
  if (estimator === undefined) throw new Error(`There is no estimator ${kind}`)
  const train = takeTableRows(
    rows,
    Int32Array.from({ length: trainRows }, (_, row) => row),
  )
  const definition =
    columns === null
      ? defaultPipeline(summarizeColumns(train), estimator, params).definition
      : { columns, features, estimator: { kind, params } }
  const learnt = targetOf(target, { spend, kinds })
  const fitted = await fitPipeline(definition, { table: train, target: learnt }, estimatorNamed)
  const pipeline = decided(fitted, { train, learnt, ...decision })
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'model.onnx'), exportPipeline(pipeline, estimatorNamed))
  const read = new Set(pipeline.inputs.map((input) => input.name))
  const document = {
    inputs: rows.columns
      .filter((column) => read.has(column.name))
      .map((column) => ({ name: column.name, kind: column.kind, values: cellsOf(column) })),
    expected: answersOf(predictPipeline(pipeline, rows, estimatorNamed), pipeline.model.classes),
  }
  writeFileSync(join(folder, name, 'case.json'), JSON.stringify(document))
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: node write_pipelines.mjs FOLDER')
for (const [name, pipeline] of Object.entries(pipelines)) await writeCase(folder, name, pipeline)
