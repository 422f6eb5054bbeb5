import { describe, expectTypeOf, test } from 'vitest'
import {
  csv,
  type DriftStep,
  dataset,
  defineProject,
  flow,
  gaussianNb,
  model,
  monitor,
  number,
  text,
  z,
} from './index.js'

// Each line below `@ts-expect-error` must be refused by the type checker: `npm run types` fails where it is not.

const usage = dataset('usage', csv('usage.csv'), { columns: { user: text(), hours: number(), left: text() } })
const plain = dataset('plain', csv('plain.csv'))
const churn = model('churn', {
  task: 'classification',
  label: usage.column('left'),
  features: [usage.column('hours')],
  estimator: gaussianNb(),
})
const retrain = flow('retrain', { params: z.object({ why: z.string() }) }, async () => {})

describe('a monitor', () => {
  test('knows the columns of its data set', () => {
    const rows = { reference: { snapshot: 'snap_1' }, current: { dataset: usage } } as const
    const one = monitor('one', { ...rows, columns: ['hours'], types: { hours: 'cat' }, checks: [] })
    monitor('one', { ...rows, checks: [{ quality: 'missing_share', column: 'hours', max: 0.1 }] })
    // @ts-expect-error there is no such column
    monitor('one', { ...rows, columns: ['minutes'] })
    // @ts-expect-error there is no such column
    monitor('one', { ...rows, methods: { minutes: 'psi' } })
    monitor('one', { ...rows, embeddings: { text: 'v*', size: ['hours'], one: { columns: 'v*', method: 'mmd' } } })
    // @ts-expect-error there is no such column
    monitor('one', { ...rows, embeddings: { size: ['minutes'] } })
    // @ts-expect-error there is no such method of vectors
    monitor('one', { ...rows, embeddings: { size: { columns: 'v*', method: 'ks' } } })
    // @ts-expect-error there is no such measure
    monitor('one', { ...rows, checks: [{ quality: 'beauty', max: 1 }] })
    monitor('one', { ...rows, target: 'left', prediction: 'user', segments: ['hours', { column: 'hours', bins: 3 }] })
    // @ts-expect-error there is no such column
    monitor('one', { ...rows, segments: ['minutes'] })
    // @ts-expect-error bins or edges
    monitor('one', { ...rows, segments: [{ column: 'hours', bins: 3, edges: [1] }] })
    // Where none are declared, and of predictions, any name may be that of a column.
    monitor('two', { reference: { snapshot: 'snap_1' }, current: { dataset: plain }, columns: ['any'] })
    monitor('three', { model: churn, reference: 'training', current: { predictions: '7d' }, columns: ['any'] })
    defineProject({ name: 'churn', datasets: [usage], models: [churn], monitors: [one] })
  })

  test('looks at one thing', () => {
    // @ts-expect-error predictions or a data set
    monitor('one', { reference: 'training', current: { predictions: '7d', dataset: usage } })
    // @ts-expect-error there is no such action
    monitor('one', { reference: 'training', current: { predictions: '7d' }, actions: ['shout'] })
    monitor('one', {
      model: churn,
      reference: { window: '7d' },
      current: { predictions: '1d' },
      actions: ['finding', { flow: retrain, params: { why: 'drift' } }],
    })
  })
})

test('a step that compares knows the columns, and what it gives', () => {
  flow('one', {}, async (step) => {
    const found = await step.drift(usage, { reference: 'training', current: 'snap_1', columns: ['hours'] })
    expectTypeOf(found).toEqualTypeOf<DriftStep>()
    if (found.detected) expectTypeOf(found.state).toEqualTypeOf<'drift'>()
    else expectTypeOf(found.state).toEqualTypeOf<'no_drift' | 'not_enough_data' | 'not_comparable'>()
    // @ts-expect-error there is no such column
    await step.drift(usage, { reference: 'training', current: 'snap_1', columns: ['minutes'] })
    // @ts-expect-error there is nothing to compare with
    await step.drift(usage, { current: 'snap_1' })
    await step.drift(churn, { reference: 'training', current: { snapshot_id: 'snap_1' }, columns: ['any'] })
    await step.drift('usage', { reference: 'snap_1', current: 'snap_2', trainingOf: churn })
  })
})
