import { expect, test } from 'vitest'
import { cron, csv, dataset, defineProject, every, flow, gaussianNb, model, monitor, text, z } from './index.js'
import type { Monitor } from './monitor.js'

const usage = dataset('usage', csv('usage.csv'), { columns: { user: text(), left: text() } })
const churn = model('churn', {
  task: 'classification',
  label: usage.column('left'),
  features: [usage.column('user')],
  estimator: gaussianNb(),
})
const retrain = flow('retrain', { params: z.object({ why: z.string() }) }, async () => {})

const project = (...monitors: Monitor[]) =>
  defineProject({ name: 'churn', datasets: [usage], models: [churn], flows: [retrain], monitors }).definition.monitors

test('a monitor is declared with the defaults of the server', () => {
  expect(
    project(monitor('plain', { model: churn, reference: 'training', current: { predictions: '7d' } })),
  ).toMatchObject([
    {
      name: 'plain',
      model: 'churn',
      reference: { kind: 'training', alias: 'champion' },
      current: { kind: 'predictions', days: 7 },
      mode: 'calibrated',
      actions: [{ do: 'finding', from: 'alarm' }],
      enabled: true,
    },
  ])
})

test('everything of it is declared under the names of the API', () => {
  const [declared] =
    project(
      monitor('all', {
        model: 'churn',
        reference: { window: '30d', before: '12h' },
        current: { predictions: '1d', version: '3' },
        columns: ['user'],
        embeddings: { text: 'v*', picture: { columns: ['p0', 'p1'], method: 'distance', threshold: 0.3 } },
        methods: { user: 'psi' },
        effectMin: 0.1,
        rowsMin: 50,
        checks: [
          { quality: 'missing_share', column: 'user', max: 0.1 },
          { performance: 'rocAuc', min: 0.7, severity: 'warning' },
          { estimatedPerformance: 'f1', min: 0.5 },
        ],
        segments: ['user', { column: 'age', bins: 3 }, { column: 'hours', edges: [1, 2] }],
        segmentMetric: 'logLoss',
        multivariate: { methods: ['domain_classifier'], aucMin: 0.6 },
        schedule: cron('0 7 * * *', { timezone: 'Europe/Paris' }),
        actions: ['alert', 'loop', { do: 'roll_back', from: 'warning' }, { flow: retrain, params: { why: 'drift' } }],
        coolDown: '2h',
        enabled: false,
      }),
    ) ?? []
  expect(declared).toMatchObject({
    reference: { kind: 'window', days: 30, offset_days: 0.5 },
    current: { kind: 'predictions', days: 1, version: '3' },
    embeddings: { text: 'v*', picture: ['p0', 'p1'] },
    methods: { user: 'psi', picture: 'distance' },
    thresholds: { picture: 0.3 },
    effect_min: 0.1,
    rows_min: 50,
    segments: ['user', { column: 'age', bins: 3 }, { column: 'hours', edges: [1, 2] }],
    segment_metric: 'log_loss',
    multivariate: { methods: ['domain_classifier'], auc_min: 0.6 },
    checks: [
      { kind: 'quality', metric: 'missing_share', column: 'user', max: 0.1 },
      { kind: 'performance', metric: 'roc_auc', min: 0.7, severity: 'warning' },
      { kind: 'estimated_performance', metric: 'f1', min: 0.5 },
    ],
    schedule: { cron: '0 7 * * *', timezone: 'Europe/Paris' },
    actions: [
      { do: 'alert' },
      { do: 'flow', flow: 'loop' },
      { do: 'roll_back', from: 'warning' },
      { do: 'flow', flow: 'retrain', params: { why: 'drift' } },
    ],
    cool_down_minutes: 120,
    enabled: false,
  })
})

const onDataset = { reference: { snapshot: 'snap_1' }, current: { dataset: usage } } as const
const stranger = flow('stranger', {}, async () => {})

test.each<[string, readonly Monitor[], RegExp]>([
  ['one name twice', [monitor('a', onDataset), monitor('a', onDataset)], /monitors\.a\.name.*declared twice/],
  ['a flow of nobody', [monitor('a', { ...onDataset, actions: [{ flow: stranger }] })], /actions\.0\.flow.*stranger/],
  [
    'parameters that it does not take',
    [monitor('a', { ...onDataset, actions: [{ flow: retrain }] })],
    /actions\.0\.params/,
  ],
  ['no duration', [monitor('a', { ...onDataset, coolDown: 'soon' })], /coolDown.*"soon"/],
  ['a schedule that is none', [monitor('a', { ...onDataset, schedule: every('5m') })], /schedule/],
  [
    'predictions of no model',
    [monitor('a', { reference: 'training', current: { predictions: '7d' } })],
    /needs a model/,
  ],
])('%s is refused where it is declared', (_, monitors, said) => {
  expect(() => project(...monitors)).toThrow(
    expect.objectContaining({ code: 'project_invalid', message: expect.stringMatching(said) }),
  )
})
