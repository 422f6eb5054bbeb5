import { ModelDefinition } from '@fabrique/contract'
import { estimators, parameterSpecs } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import * as sdk from './index.js'
import {
  category,
  csv,
  dataset,
  date,
  defineProject,
  gradientBoosting,
  logisticRegression,
  model,
  number,
  randomForest,
  ridge,
  text,
} from './index.js'

const usage = dataset('usage', csv('usage.csv'), {
  columns: { hours: number(), plan: category(['free', 'paid']), note: text(), price: number(), day: date() },
})
const plan = { task: 'classification', label: usage.column('plan'), features: usage.columns('hours', 'note') } as const
const price = { task: 'regression', label: usage.column('price'), features: usage.columns('hours', 'note') } as const
const definitionOf = (declared: sdk.Model) => ModelDefinition.parse(declared.definition)

describe('the estimators of code', () => {
  const functions = Object.values(sdk).filter((value) => typeof value === 'function')
  // Whatever takes no argument and gives an estimator is one of them.
  const declared = functions.flatMap((declare) => {
    try {
      const found: unknown = (declare as () => unknown)()
      return typeof found === 'object' && found !== null && 'kinds' in found
        ? [{ declare: declare as (options: object) => sdk.Estimator, kinds: (found as sdk.Estimator).kinds }]
        : []
    } catch {
      return []
    }
  })

  test('are those of the catalogue that learn classes or numbers', () => {
    const kinds = declared.flatMap(({ kinds }) => Object.values(kinds))
    const known = estimators.filter(({ task }) => task === 'classification' || task === 'regression')
    expect(kinds.sort()).toEqual(known.map(({ kind }) => kind).sort())
  })

  test('give every parameter under the name that scikit-learn has for it', () => {
    for (const { declare, kinds } of declared) {
      for (const [task, kind] of Object.entries(kinds)) {
        const estimator = estimators.find((candidate) => candidate.kind === kind)
        expect(estimator?.task).toBe(task)
        const specs = parameterSpecs({ ...estimator?.parameters })
        const given = Object.fromEntries(specs.map(({ name, default: value }) => [name, value]))
        const wanted = Object.fromEntries(specs.map(({ sklearnName, default: value }) => [sklearnName, value]))
        expect(declare(given).params).toEqual(wanted)
      }
    }
  })
})

describe('a model', () => {
  test('is of the estimator of its task, with what else has its default', () => {
    expect(definitionOf(model('plan', { ...plan, estimator: randomForest({ nEstimators: 7 }) }))).toEqual({
      name: 'plan',
      task: 'classification',
      dataset: 'usage',
      label: 'plan',
      features: ['hours', 'note'],
      estimator: { kind: 'random_forest_classifier', params: { n_estimators: 7 } },
      split: { kind: 'random', test_share: 0.25, stratify: true },
      learning_curve: false,
      seed: 1,
      promotion_rule: false,
    })
    expect(definitionOf(model('price', { ...price, estimator: randomForest() })).estimator).toEqual({
      kind: 'random_forest_regressor',
      params: {},
    })
  })

  test('says how it is split, weighed, prepared, searched and promoted', () => {
    const declared = model('price', {
      ...price,
      estimator: gradientBoosting({ loss: 'absolute_error', maxIter: 50 }),
      columns: [{ columns: usage.columns('hours'), steps: [{ kind: 'standard_scaler' }] }],
      featureSteps: [{ kind: 'select_k_best', params: { k: 1 } }],
      weight: usage.column('hours'),
      split: { kind: 'time', column: usage.column('day') },
      test: 0.1,
      folds: 3,
      learningCurve: true,
      search: {
        trials: 5,
        metric: 'medianAe',
        space: { maxLeafNodes: { low: 5, high: 50, log: true, integer: true }, loss: ['squared_error', 'poisson'] },
      },
      promoteMetric: 'maxError',
      predictionLog: { share: 0.5, redact: ['hours'] },
    })
    expect(definitionOf(declared)).toMatchObject({
      columns: [{ columns: ['hours'], steps: [{ kind: 'standard_scaler', params: {} }] }],
      feature_steps: [{ kind: 'select_k_best', params: { k: 1 } }],
      prediction_log: { share: 0.5, redact: ['hours'] },
      weight: 'hours',
      split: { kind: 'time', column: 'day', test_share: 0.1 },
      folds: 3,
      learning_curve: true,
      search: {
        method: 'tpe',
        trials: 5,
        metric: 'median_ae',
        space: {
          max_leaf_nodes: { kind: 'number', low: 5, high: 50, is_log: true, is_integer: true },
          loss: { kind: 'choice', values: ['squared_error', 'poisson'] },
        },
        prune: false,
      },
      promote_metric: 'max_error',
    })
  })

  test.each<[sdk.ThresholdOptions, unknown]>([
    [0.35, { goal: 'fixed', value: 0.35 }],
    [{ goal: 'f1' }, { goal: 'f1' }],
    [{ goal: 'balancedAccuracy' }, { goal: 'balanced_accuracy' }],
    [{ goal: 'youden' }, { goal: 'youden' }],
    [
      { goal: 'fBeta', beta: 2 },
      { goal: 'f_beta', beta: 2 },
    ],
    [
      { goal: 'cost', falsePositive: 1, falseNegative: 5 },
      { goal: 'cost', false_positive: 1, false_negative: 5 },
    ],
    [
      { goal: 'precisionAtRecall', recall: 0.9 },
      { goal: 'precision_at_recall', recall: 0.9 },
    ],
  ])('is calibrated and has the threshold %j', (threshold, expected) => {
    const declared = model('plan', { ...plan, estimator: logisticRegression(), calibration: 'isotonic', threshold })
    expect(definitionOf(declared)).toMatchObject({ calibration: 'isotonic', threshold: expected })
    expect(definitionOf(model('plan', { ...plan, auto: {}, threshold })).threshold).toEqual(expected)
  })

  test('is trained by a competition or a script instead', () => {
    expect(definitionOf(model('price', { ...price, auto: { budgetSeconds: 5, metric: 'rmse' } })).auto).toEqual({
      budget_seconds: 5,
      metric: 'rmse',
    })
    const script = {
      path: 'train.py',
      args: ['--fast'],
      params: { alpha: 2 },
      python: '.venv/bin/python',
      timeoutSeconds: 60,
    }
    expect(definitionOf(model('price', { ...price, script })).script).toEqual({
      path: 'train.py',
      args: ['--fast'],
      params: { alpha: 2 },
      python: '.venv/bin/python',
      timeout_seconds: 60,
    })
  })

  test('keeps its rule', () => {
    const declared = model('plan', {
      ...plan,
      estimator: logisticRegression(),
      promoteWhen: ({ candidate, champion }) => candidate.rocAuc >= champion.rocAuc,
    })
    expect(declared.definition.promotion_rule).toBe(true)
    const project = defineProject({ name: 'shop', datasets: [usage], models: [declared] })
    expect(project.promotionRules.get('plan')).toBe(declared.promoteWhen)
  })
})

describe('a project is refused', () => {
  const stray = { dataset: 'usage', name: 'stray' }
  test.each<[string, sdk.Model, string]>([
    ['whose weight is not there', model('m', { ...price, estimator: ridge(), weight: stray }), 'no column stray'],
    [
      'whose split is by a column that is not there',
      model('m', { ...price, estimator: ridge(), split: { kind: 'group', column: stray } }),
      'no column stray',
    ],
    [
      'that prepares what is no feature',
      model('m', { ...price, estimator: ridge(), columns: [{ columns: usage.columns('day'), steps: [] }] }),
      'the column day is not among the features',
    ],
    [
      'whose model is trained in two ways',
      model('m', { ...price, estimator: ridge(), auto: {} } as never),
      'give exactly one of estimator, auto and script',
    ],
    [
      'whose model is trained in none',
      model('m', { ...price } as never),
      'give exactly one of estimator, auto and script',
    ],
    [
      'whose script is calibrated',
      model('m', { ...plan, script: { path: 'train.py' }, calibration: 'sigmoid' } as never),
      'it needs an estimator or auto',
    ],
    [
      'whose threshold is no probability',
      model('m', { ...plan, estimator: logisticRegression(), threshold: 1.5 }),
      'threshold',
    ],
    [
      'whose competition has a search',
      model('m', { ...price, auto: {}, search: {} } as never),
      'it needs an estimator',
    ],
  ])('%s', (_name, declared, reason) => {
    expect(() => defineProject({ name: 'shop', datasets: [usage], models: [declared] })).toThrowError(
      expect.objectContaining({ code: 'project_invalid', message: expect.stringContaining(reason) }),
    )
  })
})

test('how often predictions may be asked for is said by the model or by its project', () => {
  const limited = model('plan', { ...plan, estimator: logisticRegression(), predict: { rateLimit: '10/minute' } })
  expect(definitionOf(limited).predict).toEqual({ rate_limit: '10/minute' })
  const project = (rateLimit: string) =>
    defineProject({ name: 'shop', datasets: [usage], models: [limited], predict: { rateLimit } })
  expect(project('100/s').definition.predict).toEqual({ rate_limit: '100/s' })
  expect(() => project('often')).toThrow(
    expect.objectContaining({
      code: 'project_invalid',
      params: expect.objectContaining({ field: 'predict.rate_limit' }),
    }),
  )
})
