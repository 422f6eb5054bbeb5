import { describe, expect, test } from 'vitest'
import {
  boolean,
  csv,
  dataset,
  defineProject,
  entity,
  featureService,
  featureView,
  logisticRegression,
  type MissingFeatures,
  model,
  number,
  sql,
  text,
  timestamp,
} from './index.js'

const at = { user_id: text(), at: timestamp() }
const usage = dataset('usage', csv('usage.csv'), {
  columns: { ...at, hours: number(), sessions: number() },
  time: 'at',
})
const labels = dataset('labels', csv('labels.csv'), { columns: { ...at, left: boolean() }, time: 'at' })
const untimed = dataset('untimed', csv('labels.csv'), { columns: { ...at, left: boolean() } })

const user = entity('user', { key: 'user_id' })
const view = featureView('usage_30d', {
  from: usage,
  entity: user,
  features: ['hours', 'sessions'],
  aggregations: { hours_90d: { of: 'hours', as: 'sum', over: '90d' } },
  derived: { length: sql('hours / sessions') },
})
const whole = featureService('whole', [view])
const parts = featureService('parts', [view.features('hours_90d', 'hours'), view.prefixed('late_')])

function projectOf(
  service: typeof whole,
  options: { onMissing?: MissingFeatures; label?: typeof labels; named?: boolean } = {},
) {
  const { label = labels, named = true, ...rest } = options
  const churn = model('churn', {
    task: 'classification',
    label: label.column('left'),
    features: service,
    estimator: logisticRegression(),
    ...rest,
  })
  return defineProject({
    name: 'churn',
    datasets: [usage, labels, untimed],
    entities: [user],
    featureViews: [view],
    featureServices: named ? [service] : [],
    models: [churn],
  }).definition.models[0]
}

describe('a model on a feature service', () => {
  test('learns from all that the service gives, in its order, and is about the labels', () => {
    expect(projectOf(whole)).toMatchObject({
      dataset: 'labels',
      label: 'left',
      features: ['hours', 'sessions', 'hours_90d', 'length'],
      feature_service: { name: 'whole', as_known: false, on_missing: 'error', defaults: {} },
    })
    expect(projectOf(parts)?.features).toEqual([
      'hours_90d',
      'hours',
      'late_hours',
      'late_sessions',
      'late_hours_90d',
      'late_length',
    ])
  })

  test('says what becomes of a prediction without them', () => {
    expect(projectOf(whole, { onMissing: 'null' })?.feature_service).toMatchObject({ on_missing: 'null', defaults: {} })
    expect(projectOf(whole, { onMissing: { hours: 0 } })?.feature_service).toMatchObject({
      on_missing: 'default',
      defaults: { hours: 0 },
    })
  })

  test.each([
    [
      'a service that the project does not have',
      () => projectOf(whole, { named: false }),
      /the feature service whole, or one of its views/,
    ],
    [
      'a default of a feature that it does not give',
      () => projectOf(whole, { onMissing: { weight: 1 } }),
      /onMissing names weight/,
    ],
    ['labels without a time', () => projectOf(whole, { label: untimed }), /the data set untimed has no time/],
  ])('refuses %s', (_what, declare, message) => {
    expect(declare).toThrow(message)
  })
})
