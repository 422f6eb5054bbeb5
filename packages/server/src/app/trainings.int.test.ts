import { fileURLToPath } from 'node:url'
import { ProjectDefinition, type TrainingRequestInput } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../test/support/test-app.js'
import { getJob, type JobWorker, startJobWorker } from '../contexts/jobs/index.js'
import { applyProject } from '../contexts/projects/index.js'
import { deleteAlias, getModelVersion, moveAlias, registerVersion } from '../contexts/registry/index.js'
import { openModelServer } from '../contexts/serving/index.js'
import { mountTrainingRoutes } from '../contexts/training/index.js'
import { type EventStream, openEventStream } from '../platform/index.js'
import { jobHandlers } from './job-handlers.js'
import { trainingToolsOf } from './training-tools.js'

const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))

let suite: TestApp
let events: EventStream
let worker: JobWorker

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountTrainingRoutes(app, () => ctx))
  const { ctx, database, folder } = suite
  events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test trainings', log: ctx.log })
  worker = await startJobWorker({
    ctx,
    url: database.url,
    events,
    handlers: jobHandlers({
      ingestTools: {},
      trainingTools: trainingToolsOf({ threads: 1, environment: () => ({}) }),
    }),
    pollMs: 50,
  })
  const definition = ProjectDefinition.parse({
    name: 'p',
    datasets: [{ name: 'iris', source: { kind: 'csv', paths: ['iris.csv'] } }],
    models: [],
  })
  await applyProject({ ctx, input: { folder, definition } })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'iris',
    columns: {
      sepal_length: 'number',
      sepal_width: 'number',
      petal_length: 'number',
      petal_width: 'number',
      species: 'text',
    },
    parts: [`select * from read_csv('${iris}')`],
  })
})
afterAll(async () => {
  await worker?.close()
  await events?.close()
  await suite?.close()
})

async function train(request: TrainingRequestInput): Promise<void> {
  const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', request)
  const find = () => getJob({ ctx: suite.ctx, input: { job: job.id } })
  await expect.poll(async () => (await find()).state, { timeout: 30_000 }).toMatch(/succeeded|failed/)
  expect(await find()).toMatchObject({ state: 'succeeded', result: { model: request.register, version: '1' } })
  await moveAlias({
    ctx: suite.ctx,
    input: { model: request.register ?? '', alias: 'champion', version: '1', reason: 'test' },
  })
}

test('a trained classifier and a trained regressor are registered and served', async () => {
  await train({ snapshot: 'iris', target: 'species', estimator: { kind: 'gaussian_nb' }, register: 'flowers' })
  await train({
    snapshot: 'iris',
    target: 'petal_width',
    features: ['petal_length', 'species'],
    estimator: { kind: 'k_neighbors_regressor' },
    register: 'widths',
  })
  const widths = await getModelVersion({ ctx: suite.ctx, input: { model: 'widths', version: '1' } })
  expect(widths.signature).toMatchObject({
    task: 'regression',
    target: { name: 'petal_width', classes: [] },
    features: [
      { name: 'petal_length', type: 'number', min: expect.any(Number) },
      { name: 'species', type: 'text', values: ['setosa', 'versicolor', 'virginica'] },
    ],
  })
  const models = openModelServer({ ctx: suite.ctx, defaultModel: undefined, preferredModels: async () => [] })
  try {
    await models.reconcile()
    const answer = await models.predict('flowers', { features: [5.1, 3.5, 1.4, 0.2] })
    expect(answer.predictions[0]).toMatchObject({ prediction: 'setosa' })
    const width = await models.predict('widths', { features: [1.4, 'setosa'] })
    expect(width.predictions).toEqual([{ prediction: expect.closeTo(0.2, 1) }])
    expect(models.endpoints().map(({ model }) => model)).toEqual(['flowers', 'widths'])
  } finally {
    await models.close()
  }
})

test('a champion that cannot be served is told of where it is meant, and is never the default by chance', async () => {
  const { ctx } = suite
  const stray = async (model: string) => {
    const folder = { source: `mlflow-artifacts:/1/${model}/model`, artifact_path: `1/${model}/model` }
    await registerVersion({ ctx, input: { model, run_id: ctx.ids.hex32(), ...folder } })
    await moveAlias({ ctx, input: { model, alias: 'champion', version: '1', reason: 'test' } })
  }
  await stray('stray-1')
  await stray('stray-2')
  await deleteAlias({ ctx, input: { model: 'widths', alias: 'champion', reason: 'test' } })
  const served = openModelServer({ ctx, defaultModel: undefined, preferredModels: async () => [] })
  const meant = openModelServer({ ctx, defaultModel: undefined, preferredModels: async () => ['stray-2'] })
  try {
    await Promise.all([served.reconcile(), meant.reconcile()])
    expect(served.defaultModel()).toBe('flowers')
    await deleteAlias({ ctx, input: { model: 'flowers', alias: 'champion', reason: 'test' } })
    await Promise.all([served.reconcile(), meant.reconcile()])
    expect(() => served.defaultModel()).toThrowError(expect.objectContaining({ code: 'no_default_model' }))
    expect(meant.defaultModel()).toBe('stray-2')
    await expect(meant.predict('stray-2', { features: [1] })).rejects.toMatchObject({ code: 'model_file_invalid' })
  } finally {
    await served.close()
    await meant.close()
  }
})
