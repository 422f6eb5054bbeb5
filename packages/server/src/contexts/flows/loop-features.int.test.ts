import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LoopRun, ProjectDefinition, TrainingRequest } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runLoop } from '../../../test/support/run-loop.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { type EventStream, openEventStream } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import {
  applyFeatures,
  getOnlineFeatures,
  historicalJob,
  historicalJobKind,
  materializeJob,
  materializeJobKind,
  type OnlineStore,
  onlineFeatures,
  openOnlineStore,
} from '../features/index.js'
import { type JobWorker, startJobWorker, waitForJob } from '../jobs/index.js'
import { applyProject } from '../projects/index.js'
import { championAlias, getModelVersion } from '../registry/index.js'
import { type ModelServer, openModelServer, servingFromRegistry } from '../serving/index.js'
import { startTraining, trainingJob, trainingJobKind } from '../training/index.js'
import { quarantineCondition } from '../validation/index.js'
import { featureJobs } from './feature-jobs.js'
import { listLoops } from './list-loops.js'
import { trainingRegistry } from './training-registry.js'

const trainingTools = { ...trainingRegistry, environment: () => ({}), threads: 0 }

let suite: TestContext
let events: EventStream
let worker: JobWorker
let store: OnlineStore
let models: ModelServer

const dayMs = 86_400_000
const users = Array.from({ length: 40 }, (_, index) => `u${index}`)
/** Whole days before now. */
const daysAgo = (days: number) => new Date(suite.clock.now().getTime() - days * dayMs).toISOString()
const csvOf = (header: string, rows: readonly (readonly unknown[])[]) => `${[header, ...rows].join('\n')}\n`

beforeAll(async () => {
  suite = await openTestContext()
  const { ctx, database } = suite
  events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test loop events', log: ctx.log })
  store = await openOnlineStore(ctx.db, undefined)
  const code = () => undefined
  worker = await startJobWorker({
    ctx,
    url: database.url,
    events,
    pollMs: 50,
    handlers: {
      [historicalJobKind]: historicalJob({ code }),
      [materializeJobKind]: materializeJob({ store, findCode: code }),
      [trainingJobKind]: trainingJob(trainingTools),
    },
  })
  const online = onlineFeatures(store)
  models = openModelServer({
    ...servingFromRegistry(ctx, { threads: 1 }),
    defaultModel: undefined,
    preferredModels: async () => [],
    readOnline: ({ project, service, keys }) => getOnlineFeatures(ctx, online, { project, body: { service, keys } }),
  })
})
afterAll(async () => {
  await models?.close()
  await worker?.close()
  await store?.close()
  await events?.close()
  await suite?.close()
})

/** Who watched much stays. The usage of a user is told 70, 40 and 10 days ago, and the label of 20 days ago may know the first two. */
async function projectWith(name: string, service: object, least: readonly string[] = []): Promise<void> {
  const folder = join(suite.folder, name)
  await mkdir(folder, { recursive: true })
  const hoursOf = (user: number, days: number) => (days === 10 ? 999 : days === 40 ? user : user / 2)
  const usage = users.flatMap((user, index) =>
    [70, 40, 10].map((days) => [user, daysAgo(days), user === 'u7' && days < 70 ? '' : hoursOf(index, days)]),
  )
  // Nothing new is known of u3 for long.
  const told = usage.filter(([user, , hours]) => hours !== '' && !(user === 'u3' && hours === 999))
  const labels = users.map((user, index) => [user, daysAgo(20), index < 20])
  await writeFile(join(folder, 'usage.csv'), csvOf('user_id,at,hours', told))
  await writeFile(join(folder, 'labels.csv'), csvOf('user_id,at,left', labels))
  const at = { user_id: { type: 'text' }, at: { type: 'timestamp' } } as const
  const source = (file: string) => ({ kind: 'csv', paths: [file], dialect: { header: true } })
  const expected = {
    time: 'at',
    expectations: [{ type: 'expect_table_row_count_to_be_between', kwargs: { min_value: 10 } }],
  }
  const definition = ProjectDefinition.parse({
    name,
    datasets: [
      { ...expected, name: 'usage', source: source('usage.csv'), columns: { ...at, hours: { type: 'number' } } },
      { ...expected, name: 'labels', source: source('labels.csv'), columns: { ...at, left: { type: 'boolean' } } },
    ],
    features: {
      entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
      feature_views: [
        {
          name: 'usage_30d',
          entities: ['user'],
          source: { kind: 'dataset', dataset: 'usage' },
          time: 'at',
          ttl_seconds: 30 * 86_400,
          features: [{ name: 'hours' }],
          aggregations: [
            { name: 'hours_90d', column: 'hours', function: 'sum', window_seconds: 90 * 86_400 },
            ...least.map((feature) => ({
              name: feature,
              column: 'hours',
              function: 'min',
              window_seconds: 90 * 86_400,
            })),
          ],
        },
      ],
      feature_services: [{ name: 'watching', views: [{ view: 'usage_30d' }] }],
    },
    models: [
      {
        name,
        task: 'classification',
        dataset: 'labels',
        label: 'left',
        features: ['hours', 'hours_90d', ...least],
        feature_service: { name: 'watching', ...service },
        estimator: { kind: 'hist_gradient_boosting_classifier', params: { min_samples_leaf: 2 } },
      },
    ],
  })
  const { ctx } = suite
  await applyProject({ ctx, input: { folder, definition } })
  await applyFeatures({ ctx, input: { project: name, declarations: definition.features ?? {} } })
}

/** The fewest hours that were told of a user in 90 days; of two nothing is current. */
function expectedLeast(user: number): number | null {
  return user === 3 || user === 7 ? null : user / 2
}

/** Runs the loop once; its jobs are done by the worker of jobs. */
async function loop(project: string): Promise<LoopRun> {
  const flow = await runLoop(suite, {
    project,
    model: project,
    options: {
      promotionRule: () => undefined,
      ingestTools: { rowCondition: quarantineCondition },
      trainingTools,
      features: featureJobs,
    },
  })
  await models.reconcile()
  return flow
}

describe('a model on a feature service', () => {
  test('learns from features as they were, and answers by key with those of now', async () => {
    await projectWith('churn', { on_missing: 'null' })
    const flow = await loop('churn')
    expect([flow.state, flow.error]).toEqual(['succeeded', undefined])
    const { ctx } = suite
    const version = await getModelVersion({ ctx, input: { model: 'churn', version: flow.result.version ?? '' } })
    expect(version.aliases).toContain(championAlias)
    expect(version.signature?.feature_lookup).toEqual({
      project: 'churn',
      service: 'watching',
      service_version: 1,
      keys: ['user_id'],
      features: ['hours', 'hours_90d'],
      on_missing: 'null',
      defaults: {},
      example: { user_id: 'u0' },
    })
    expect(flow.result).toMatchObject({ feature_service: 'watching@1', training_snapshot_id: version.snapshot_id })
    // The 999 hours that everyone watched since are not in it: the greatest are those of the last user 40 days ago.
    expect(version.signature?.features[0]).toMatchObject({ name: 'hours', max: 39 })
    const training = await getSnapshot({ ctx, input: { snapshot: version.snapshot_id ?? '' } })
    expect(training).toMatchObject({ dataset: 'churn-training', row_count: users.length })
    expect(training.columns.map(({ name }) => name)).toEqual(['user_id', 'at', 'left', 'hours', 'hours_90d'])
    expect(training.id).not.toBe(flow.result.snapshot_id)
    const [told] = await listLoops({ ctx, input: { project: 'churn', language: 'en', endpoints: models.endpoints() } })
    expect(told?.stages).toMatchObject({
      source: { others: ['usage'] },
      // One expectation of each of the two.
      checks: { evaluated: 2, failed: 0 },
      run: { feature_service: 'watching@1' },
    })

    const { predictions, single } = await models.predict('churn', { user_id: 'u30' })
    expect(single).toBe(true)
    const found = { view: 'usage_30d', status: 'PRESENT', age_seconds: 10 * 86_400 }
    expect(predictions[0]?.features_used).toMatchObject([
      { name: 'hours', value: 999, ...found },
      { name: 'hours_90d', value: 999 + 30 + 15, ...found },
    ])
  })

  test('goes on without what is too old or not there, and says so', async () => {
    const { predictions } = await models.predict('churn', { features: [{ user_id: 'u3' }, { user_id: 'nobody' }] })
    const seen = predictions.map(({ features_used }) =>
      features_used?.map(({ value, status, replaced }) => [value, status, replaced]),
    )
    expect(seen).toEqual([Array(2).fill([null, 'OUTSIDE_MAX_AGE', 'null']), Array(2).fill([null, 'NOT_FOUND', 'null'])])
  })

  test('still takes the features themselves, and refuses a key beside them', async () => {
    const given = await models.predict('churn', { hours: 3, hours_90d: 9 })
    expect(given.predictions[0]).not.toHaveProperty('features_used')
    const both = models.predict('churn', { user_id: 'u1', hours: 3, hours_90d: 9 })
    await expect(both).rejects.toMatchObject({ code: 'feature_names_wrong' })
  })

  test('keeps the versions of views that it learnt from, whatever is declared meanwhile', async () => {
    await projectWith('churn', { on_missing: 'null' }, ['least_90d'])
    const { ctx } = suite
    // What a new snapshot asks for: the view as it is declared now.
    await featureJobs.materialize(ctx, { project: 'churn', service: 'watching', reason: '' })
    const usedBy = async () => {
      const { version, predictions } = await models.predict('churn', { user_id: 'u30' })
      return { version, used: predictions[0]?.features_used?.map(({ name, value }) => [name, value]) }
    }
    const before = [
      ['hours', 999],
      ['hours_90d', 999 + 30 + 15],
    ]
    expect(await usedBy()).toEqual({ version: '1', used: before })
    const flow = await loop('churn')
    expect([flow.state, flow.error]).toEqual(['succeeded', undefined])
    expect(flow.result).toMatchObject({ feature_service: 'watching@2', version: '2', promoted: true })
    expect(await usedBy()).toEqual({ version: '2', used: [...before, ['least_90d', 15]] })
  })

  test('is asked by key when it was trained by hand on such a training set, too', async () => {
    const { ctx } = suite
    const { signature, snapshot_id } = await getModelVersion({ ctx, input: { model: 'churn', version: '2' } })
    const request = TrainingRequest.parse({
      snapshot: snapshot_id,
      target: 'left',
      features: ['hours', 'least_90d'],
      estimator: { kind: 'logistic_regression', params: {} },
      register: 'churn',
      promote: 'always',
    })
    const { job } = await startTraining({ ctx, input: { project: 'churn', request } })
    // It throws what the job fails with.
    const ended = () => waitForJob({ ctx, input: { job: job.id, wait_ms: 1_000, language: 'en' } })
    await expect.poll(ended).toMatchObject({ state: 'succeeded', result: { version: '3' } })
    await models.reconcile()
    const { version, predictions } = await models.predict('churn', { user_id: 'u30' })
    expect(version).toBe('3')
    expect(predictions[0]?.features_used?.map(({ name, value }) => [name, value])).toEqual([
      ['hours', 999],
      ['least_90d', 15],
    ])
    const byHand = await getModelVersion({ ctx, input: { model: 'churn', version: '3' } })
    const { example, ...lookup } = signature?.feature_lookup ?? {}
    expect(example).toEqual({ user_id: 'u0' })
    expect(byHand.signature?.feature_lookup).toEqual(lookup)
  })

  test.each([
    ['of 10 KB', 'x'.repeat(10_240)],
    ['with what parts others', 'a"],["b|:\\,{}'],
    ['in unicode', 'é\u0301\u{1f600}\u0000\u202e'],
    ['that looks like a number', '1e3'],
    ['empty', ''],
    ['null', null],
  ])('takes a key %s as one that is not known', async (_what, key) => {
    const { predictions } = await models.predict('churn', { user_id: key })
    expect(predictions[0]?.features_used?.map(({ status }) => status)).toEqual(Array(2).fill('NOT_FOUND'))
  })

  test('refuses a key of another kind', async () => {
    for (const key of [{ is: 'u1' }, ['u1']]) {
      await expect(models.predict('churn', { user_id: key })).rejects.toMatchObject({ code: 'invalid_request' })
    }
    await expect(models.predict('churn', { user_id: true })).rejects.toMatchObject({ code: 'feature_key_type' })
  })

  test('answers many users at once, in their order', async () => {
    const keys = Array.from({ length: 1_500 }, (_, index) => ({ user_id: `u${index % 40}` }))
    const { predictions } = await models.predict('churn', { features: keys })
    const least = predictions.map(({ features_used }) => features_used?.[1]?.value)
    expect(least).toEqual(keys.map((_, index) => expectedLeast(index % 40)))
  })

  test('refuses what is missing where the model says so', async () => {
    await projectWith('strict', {})
    expect(await loop('strict')).toMatchObject({ state: 'succeeded' })
    await expect(models.predict('strict', { user_id: 'u3' })).rejects.toMatchObject({ code: 'feature_values_missing' })
    expect((await models.predict('strict', { user_id: 'u4' })).predictions[0]?.features_used).toHaveLength(2)
  })

  test('takes given values for what is missing where the model says so', async () => {
    await projectWith('given', { on_missing: 'default', defaults: { hours: 0, hours_90d: 2.5 } })
    expect(await loop('given')).toMatchObject({ state: 'succeeded' })
    const { predictions } = await models.predict('given', { features: [{ user_id: 'nobody' }, { user_id: 'u4' }] })
    expect(predictions.map(({ features_used }) => features_used)).toMatchObject([
      [
        { name: 'hours', value: 0, status: 'NOT_FOUND', replaced: 'default' },
        { name: 'hours_90d', value: 2.5, status: 'NOT_FOUND', replaced: 'default' },
      ],
      [
        { name: 'hours', value: 999, status: 'PRESENT' },
        { name: 'hours_90d', value: 999 + 4 + 2, status: 'PRESENT' },
      ],
    ])
  })

  test('whose service is gone ends its loop, and the champion stays', async () => {
    const { ctx } = suite
    await applyFeatures({ ctx, input: { project: 'strict', declarations: {} } })
    expect(await loop('strict')).toMatchObject({
      state: 'failed',
      stage: 'run',
      error: { code: 'feature_service_not_found' },
    })
    expect((await models.predict('strict', { hours: 3, hours_90d: 9 })).version).toBe('1')
    // What it looks up by stays until no model needs it.
    expect((await models.predict('strict', { user_id: 'u4' })).predictions[0]?.features_used).toHaveLength(2)
  })
})
