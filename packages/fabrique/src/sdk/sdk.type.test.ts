import { describe, expectTypeOf, test } from 'vitest'
import {
  type ColumnReference,
  category,
  csv,
  dataset,
  date,
  defineProject,
  defineSource,
  type Estimator,
  gaussianNb,
  gradientBoosting,
  http,
  kNeighbors,
  lasso,
  logisticRegression,
  model,
  number,
  postgres,
  randomForest,
  ridge,
  synthetic,
  text,
  timestamp,
} from './index.js'

// Each line below `@ts-expect-error` must be refused by the type checker: `npm run types` fails where it is not.

const usage = dataset('usage', csv('usage.csv'), {
  columns: { user: text(), hours: number({ min: 0 }), plan: category(['free', 'paid']), at: timestamp(), day: date() },
  key: ['user', 'day'],
  time: 'at',
})

describe('columns of a data set', () => {
  test('are known by name and value', () => {
    expectTypeOf(usage.column('hours')).toEqualTypeOf<ColumnReference<'hours', number>>()
    expectTypeOf(usage.column('plan')).toEqualTypeOf<ColumnReference<'plan', 'free' | 'paid'>>()
    expectTypeOf(usage.column('at')).toEqualTypeOf<ColumnReference<'at', Date>>()
    // @ts-expect-error there is no such column
    usage.column('minutes')
  })

  test('keys and times are among them', () => {
    dataset('one', csv('a.csv'), { columns: { id: text() }, key: 'id' })
    // @ts-expect-error there is no such column
    dataset('one', csv('a.csv'), { columns: { id: text() }, key: 'ids' })
    // @ts-expect-error there is no such column
    dataset('one', csv('a.csv'), { columns: { id: text() }, time: 'at' })
    // Without declared columns any name may be that of one.
    dataset('one', csv('a.csv'), { key: ['id'], time: 'at' })
  })

  test('bounds have the type of the values', () => {
    // @ts-expect-error a number is bounded by numbers
    number({ min: '0' })
    // @ts-expect-error texts have no bounds
    text({ min: 0 })
    // @ts-expect-error a day is bounded by days
    date({ max: 3 })
  })

  test('bad rows have a policy with its share', () => {
    dataset('one', csv('a.csv'), { badRows: { quarantine: 0.1 } })
    // @ts-expect-error quarantine needs its share
    dataset('one', csv('a.csv'), { badRows: 'quarantine' })
  })
})

describe('sources', () => {
  test('take the options of their kind', () => {
    // @ts-expect-error the name of the variable is needed
    const declare = () => postgres('select 1')
    expectTypeOf(declare).toBeFunction()
    // @ts-expect-error unknown option
    csv('a.csv', { separator: ';' })
    // @ts-expect-error unknown format
    const other = () => http('https://example.org/a', { format: 'xlsx' })
    expectTypeOf(other).toBeFunction()
    // @ts-expect-error rows are needed
    synthetic.blobs({ centers: 3 })
    // @ts-expect-error a parameter of another generator
    synthetic.blobs({ rows: 3, flipY: 0.1 })
  })

  test('in code take the options that they declare', () => {
    const crm = defineSource<{ table: string; limit?: number }>('crm', {
      list({ options }) {
        expectTypeOf(options.table).toEqualTypeOf<string>()
        return { parts: [{ name: options.table, rows: () => [] }] }
      },
    })
    crm({ table: 'leads', limit: 3 })
    // @ts-expect-error options are needed
    crm()
    // @ts-expect-error another type
    crm({ table: 3 })
    const clock = defineSource('clock', { list: () => ({ parts: [] }) })
    clock()
    defineProject({ name: 'shop', datasets: [], sources: [crm, clock] })
    // @ts-expect-error a part needs a file or rows
    defineSource('none', { list: () => ({ parts: [{ name: 'a' }] }) })
  })
})

describe('models', () => {
  const plan = { task: 'classification', label: usage.column('plan'), features: usage.columns('hours') } as const
  const hours = { task: 'regression', label: usage.column('hours'), features: usage.columns('plan') } as const

  test('take estimators of their task', () => {
    model('m', { ...plan, estimator: randomForest({ nEstimators: 3 }) })
    model('m', { ...plan, estimator: randomForest({ criterion: 'gini', classWeight: 'balanced' }) })
    model('m', { ...hours, estimator: randomForest({ maxFeatures: 'sqrt' }) })
    model('m', { ...hours, estimator: kNeighbors() })
    expectTypeOf(randomForest({ criterion: 'gini' })).toEqualTypeOf<Estimator<'classification'>>()
    expectTypeOf(gradientBoosting({ loss: 'poisson' })).toEqualTypeOf<Estimator<'regression'>>()
    // @ts-expect-error a classifier
    model('m', { ...hours, estimator: gaussianNb() })
    // @ts-expect-error a regressor
    model('m', { ...plan, estimator: ridge() })
    // @ts-expect-error of classifiers only
    model('m', { ...hours, estimator: randomForest({ classWeight: 'balanced' }) })
    // @ts-expect-error unknown option
    lasso({ aplha: 1 })
    // @ts-expect-error unknown word
    logisticRegression({ penalty: 'l3' })
    // @ts-expect-error numbers are learnt from columns of numbers
    model('m', { ...hours, label: usage.column('plan'), estimator: ridge() })
  })

  test('are trained in one way', () => {
    model('m', { ...plan, auto: { budgetSeconds: 5, metric: 'rocAuc' } })
    model('m', { ...plan, script: { path: 'train.py' } })
    // @ts-expect-error one way is needed
    model('m', { ...plan })
    // @ts-expect-error not two
    model('m', { ...plan, estimator: gaussianNb(), auto: {} })
    // @ts-expect-error a competition has no search
    model('m', { ...plan, auto: {}, search: {} })
    // @ts-expect-error a metric of the other task
    model('m', { ...plan, auto: { metric: 'rmse' } })
  })

  test('decide otherwise where they are classifiers', () => {
    model('m', { ...plan, estimator: gaussianNb(), calibration: 'sigmoid', threshold: 0.3 })
    model('m', { ...plan, auto: {}, calibration: 'isotonic', threshold: { goal: 'fBeta', beta: 2 } })
    model('m', { ...plan, estimator: gaussianNb(), threshold: { goal: 'cost', falsePositive: 1, falseNegative: 5 } })
    // @ts-expect-error numbers have no probabilities
    model('m', { ...hours, estimator: ridge(), calibration: 'sigmoid' })
    // @ts-expect-error nor a threshold
    model('m', { ...hours, auto: {}, threshold: { goal: 'f1' } })
    // @ts-expect-error unknown method
    model('m', { ...plan, estimator: gaussianNb(), calibration: 'platt' })
    // @ts-expect-error a cost of each error
    model('m', { ...plan, estimator: gaussianNb(), threshold: { goal: 'cost', falsePositive: 1 } })
    // @ts-expect-error a script decides for itself
    model('m', { ...plan, script: { path: 'train.py' }, threshold: 0.3 })
  })

  test('are promoted by the metrics of their task', () => {
    model('m', {
      ...plan,
      estimator: gaussianNb(),
      promoteWhen({ candidate, champion }) {
        expectTypeOf(candidate.rocAuc).toEqualTypeOf<number>()
        expectTypeOf(candidate.metrics).toEqualTypeOf<Readonly<Record<string, number>>>()
        // @ts-expect-error a metric of regressors
        return candidate.rmse < champion.accuracy
      },
    })
    model('m', {
      ...hours,
      estimator: ridge(),
      promoteMetric: 'medianAe',
      promoteWhen: ({ candidate, champion }) => candidate.r2 >= champion.r2,
    })
    // @ts-expect-error a metric of classifiers
    model('m', { ...hours, estimator: ridge(), promoteMetric: 'accuracy' })
  })
})
