import { text } from 'node:stream/consumers'
import { ProjectDefinition, type TrainingRequestInput } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { type EventStream, openEventStream } from '../../platform/index.js'
import { openArtifact } from '../artifacts/index.js'
import { getJob, type JobWorker, mountJobRoutes, startJobWorker } from '../jobs/index.js'
import { applyProject } from '../projects/index.js'
import { artifactFolderOf, getRun } from '../tracking/index.js'
import { mountTrainingRoutes, trainingJob, trainingJobKind } from './index.js'

const project = 'stays'

let suite: TestApp
let events: EventStream
let worker: JobWorker

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountJobRoutes(app, () => ctx)
    mountTrainingRoutes(app, () => ctx)
  })
  const { db, log } = suite.ctx
  events = openEventStream({ db, url: suite.database.url, applicationName: 'test calibration events', log })
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'stays', source: { kind: 'csv', paths: ['a.csv'] } }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  await makeSnapshot(suite.ctx, {
    project,
    dataset: 'stays',
    columns: { a: 'number', b: 'number', left: 'category', plan: 'category', paid: 'number' },
    parts: [
      `select sin(i * 1.7) as a, cos(i * i) as b,
         case when sin(i * 1.7) + 0.8 * sin(i * 12.9) > 0.9 then 'yes' else 'no' end as left,
         case i % 3 when 0 then 'free' when 1 then 'basic' else 'full' end as plan, 2.5 * sin(i) as paid
       from range(400) t(i)`,
    ],
  })
  worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events,
    handlers: {
      [trainingJobKind]: trainingJob({
        threads: 1,
        environment: () => ({ fabrique: 'test' }),
        register: async () => ({ version: 'none' }),
        champion: async () => undefined,
        promote: async () => {},
      }),
    },
    pollMs: 50,
  })
})
afterAll(async () => {
  await worker?.close()
  await events?.close()
  await suite?.close()
})

const forest: TrainingRequestInput = {
  snapshot: 'stays',
  target: 'left',
  features: ['a', 'b'],
  estimator: { kind: 'random_forest_classifier', params: { n_estimators: 20 } },
}
const ask = (request: TrainingRequestInput) => suite.send('POST', `/api/v1/projects/${project}/trainings`, request)

/** What a training became, and what its run has. */
async function trained(request: TrainingRequestInput) {
  const { status, body } = await ask(request)
  expect({ status, body }).toMatchObject({ status: 200 })
  const find = () => getJob({ ctx: suite.ctx, input: { job: body.job.id } })
  await expect.poll(async () => (await find()).state).toMatch(/succeeded|failed|cancelled/)
  const { info, data } = await getRun({ ctx: suite.ctx, input: { run_id: body.run_id } })
  const root = artifactFolderOf(info.artifact_uri)
  return {
    job: await find(),
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, Number(value)])),
    async file(name: string): Promise<string> {
      const { content } = await openArtifact({ ctx: suite.ctx, input: { path: `${root}/${name}` } })
      return text(content)
    },
  }
}

describe('a training that calibrates and tunes', () => {
  test('logs what it learnt, before and after, and its card says it', async () => {
    const run = await trained({
      ...forest,
      calibration: 'isotonic',
      threshold: { goal: 'cost', false_positive: 1, false_negative: 4 },
    })
    expect(run.job).toMatchObject({ state: 'succeeded' })
    expect(run.params).toMatchObject({ calibration: 'isotonic', threshold: 'cost:1:4' })
    const { metrics } = run
    for (const name of ['brier', 'log_loss', 'calibration_error']) {
      expect(metrics[name]).toBeTypeOf('number')
      expect(metrics[`uncalibrated_${name}`]).toBeTypeOf('number')
    }
    expect(metrics.log_loss).not.toBe(metrics.uncalibrated_log_loss)
    expect(metrics.threshold).toBeGreaterThan(0)
    expect(metrics.threshold).toBeLessThan(0.5)
    const calibration = JSON.parse(await run.file('reports/calibration.json'))
    expect(calibration).toMatchObject({
      method: 'isotonic',
      folds: 5,
      rows: 320,
      after: { log_loss: metrics.log_loss },
      before: { log_loss: metrics.uncalibrated_log_loss },
    })
    expect(calibration.classes[0].scores).toHaveLength(metrics.calibration_points ?? 0)
    expect(JSON.parse(await run.file('reports/threshold.json'))).toMatchObject({
      asked: { goal: 'cost', false_positive: 1, false_negative: 4 },
      threshold: metrics.threshold,
      positive: 'yes',
    })
    const card = await run.file('model/README.md')
    expect(card).toContain('## How it decides')
    expect(card).toContain('calibrated by isotonic regression, learnt from 320 training rows')
    expect(card).toMatch(/A row is `yes` from a probability of 0\.\d+ on, otherwise `no`/)
  })

  test('of a model that has scores only gives probabilities, also to MLflow', async () => {
    const run = await trained({ ...forest, estimator: { kind: 'linear_svc' }, calibration: 'sigmoid' })
    expect(run.job).toMatchObject({ state: 'succeeded' })
    expect(run.metrics.calibration_slope).toBeLessThan(0)
    expect(run.metrics).not.toHaveProperty('uncalibrated_brier')
    expect(await run.file('model/MLmodel')).toContain('probability_yes')
  })

  test('of a search is that of the one that was chosen', async () => {
    const run = await trained({
      ...forest,
      estimator: { kind: 'gaussian_nb' },
      search: { method: 'random', trials: 2, space: { var_smoothing: { kind: 'choice', values: [1e-9, 0.1] } } },
      threshold: { goal: 'balanced_accuracy' },
    })
    expect(run.job).toMatchObject({ state: 'succeeded' })
    expect(run.params).toMatchObject({ threshold: 'balanced_accuracy', 'search.trials': '2' })
    expect(run.metrics.threshold_score).toBeGreaterThan(0.5)
  })
})

test.each<[string, Partial<TrainingRequestInput>, number, string]>([
  [
    'a regressor',
    { target: 'paid', estimator: { kind: 'ridge' }, calibration: 'sigmoid' },
    422,
    'calibration_needs_classifier',
  ],
  [
    'a regressor',
    { target: 'paid', estimator: { kind: 'ridge' }, threshold: { goal: 'f1' } },
    422,
    'threshold_needs_two_classes',
  ],
  ['a cost of nothing', { threshold: { goal: 'cost', false_positive: 0, false_negative: 0 } }, 400, 'invalid_request'],
  ['a share above 1', { threshold: { goal: 'fixed', value: 2 } }, 400, 'invalid_request'],
  ['an unknown goal', { threshold: { goal: 'g_mean' } as never }, 400, 'invalid_request'],
  ['an unknown method', { calibration: 'platt' as never }, 400, 'invalid_request'],
])('%s is refused at once: %j', async (_name, given, status, code) => {
  expect(await ask({ ...forest, ...given })).toMatchObject({ status, body: { code } })
})

test.each<[string, Partial<TrainingRequestInput>, string]>([
  ['three classes', { target: 'plan', threshold: { goal: 'f1' } }, 'threshold_needs_two_classes'],
  ['scores', { estimator: { kind: 'linear_svc' }, threshold: { goal: 'f1' } }, 'threshold_needs_probabilities'],
  [
    'numbers that a competition finds',
    { estimator: undefined as never, target: 'paid', auto: { budget_seconds: 1 }, calibration: 'sigmoid' },
    'calibration_needs_classifier',
  ],
])('%s end in a failed run that says why: %j', async (_name, given, code) => {
  const { job, tags } = await trained({ ...forest, ...given })
  expect(job).toMatchObject({ state: 'failed', error: { code } })
  expect(tags['fabrique.error_code']).toBe(code)
})
