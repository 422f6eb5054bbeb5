import { FabriqueError, ProjectDefinition, type Snapshot, type Training } from '@fabrique/contract'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../test/support/test-app.js'
import { getJob, startJobWorker } from '../contexts/jobs/index.js'
import { applyProject } from '../contexts/projects/index.js'
import { moveAlias, registerVersion, versionsOfRuns } from '../contexts/registry/index.js'
import { createRun, deleteRun, ensureExperiment, logBatch, logInputs, updateRun } from '../contexts/tracking/index.js'
import { addTrainingGauges, mountTrainingLists, startTraining, trainingJobKind } from '../contexts/training/index.js'
import { limit } from '../kernel/index.js'
import { openDatabase } from '../platform/index.js'

const entries = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }))

let suite: TestApp
let usage: Snapshot
let sales: Snapshot

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountTrainingLists(app, { contextOf: () => ctx, versionsOfRuns }))
  for (const name of ['p', 'other']) {
    const definition = ProjectDefinition.parse({ name, datasets: [], models: [] })
    await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  }
  usage = await makeSnapshot(suite.ctx, {
    project: 'p',
    dataset: 'usage',
    columns: { x: 'number', churned: 'text' },
    parts: ["select i::double as x, case when i % 2 = 0 then 'yes' else 'no' end as churned from range(40) t (i)"],
  })
  sales = await makeSnapshot(suite.ctx, {
    project: 'p',
    dataset: 'sales',
    columns: { x: 'number', y: 'number' },
    parts: ['select i::double as x, i * 2.0 as y from range(40) t (i)'],
  })
})
afterAll(() => suite?.close())

interface Loop {
  readonly snapshot: Snapshot
  readonly model: string
  readonly params: Readonly<Record<string, string>>
  readonly metrics?: Readonly<Record<string, number>>
  readonly tags?: Readonly<Record<string, string>>
  readonly end?: 'FINISHED' | 'FAILED'
  readonly project?: string
}

/** A run as the loop of a project leaves it, a minute after the one before. */
async function loop({ snapshot, model, params, metrics = {}, tags = {}, end, project = 'p' }: Loop): Promise<string> {
  const { ctx, clock } = suite
  clock.advance(60_000)
  const at = clock.now().getTime()
  const run_id = ctx.ids.hex32()
  const { experiment_id } = await ensureExperiment({ ctx, input: { name: project } })
  const own = { 'fabrique.project': project, 'fabrique.model': model, 'fabrique.snapshot': snapshot.id, ...tags }
  const input = { experiment_id, run_id, run_name: `run of ${model}`, start_time: at, user_id: 'ada' }
  await createRun({ ctx, input: { ...input, tags: entries(own) } })
  const digest = snapshot.content_hash.slice(0, 36)
  const dataset = { name: snapshot.dataset, digest, source_type: 'fabrique_snapshot', source: '{}' }
  await logInputs({ ctx, input: { run_id, datasets: [{ dataset, tags: [] }] } })
  const points = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: at, step: 0 }))
  await logBatch({ ctx, input: { run_id, params: entries(params), metrics: points } })
  if (end !== undefined) await updateRun({ ctx, input: { run_id, status: end, end_time: at + 1000 } })
  return run_id
}

const list = async (query = ''): Promise<readonly Training[]> =>
  (await suite.ok('GET', `/api/v1/projects/p/trainings${query}`)).items
const idsOf = (trainings: readonly Training[]) => trainings.map(({ run_id }) => run_id)

const ended: string[] = []
test('runs of loops and jobs are listed, newest first, with what became of them', async () => {
  const { ctx } = suite
  const first = await loop({
    snapshot: usage,
    model: 'churn',
    // As loops of older versions wrote it.
    params: { label: 'churned', estimator: 'random_forest_classifier' },
    metrics: { accuracy: 0.75, log_loss: Number.NaN },
    end: 'FINISHED',
  })
  const second = await loop({
    snapshot: sales,
    model: "it's",
    params: { target: 'y', task: 'regression', estimator: 'ridge' },
    metrics: { r2: 0.5, rmse: 1.25 },
    end: 'FINISHED',
  })
  ended.push(first, second)
  for (const [model, run_id] of [
    ['churn', ctx.ids.hex32()],
    ['another', first],
    ['churn', first],
  ] as const) {
    const path = `1/${run_id}/model`
    await registerVersion({ ctx, input: { model, run_id, source: `mlflow-artifacts:/${path}`, artifact_path: path } })
  }
  await moveAlias({ ctx, input: { model: 'churn', alias: 'champion', version: '2', reason: 'test' } })
  // What is no training of this project.
  await loop({ snapshot: usage, model: 'churn', params: {}, tags: { 'mlflow.parentRunId': first }, end: 'FINISHED' })
  await loop({ snapshot: usage, model: 'churn', params: {}, project: 'other', end: 'FINISHED' })
  const gone = await loop({ snapshot: usage, model: 'churn', params: {}, end: 'FINISHED' })
  await deleteRun({ ctx, input: { run_id: gone } })
  const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'p' } })
  await createRun({ ctx, input: { experiment_id, tags: entries({ 'fabrique.project': 'p' }), start_time: 1 } })

  expect(await list()).toEqual([
    {
      run_id: second,
      run_name: "run of it's",
      status: 'FINISHED',
      dataset: 'sales',
      snapshot_id: sales.id,
      target: 'y',
      task: 'regression',
      estimator: 'ridge',
      model: "it's",
      aliases: [],
      metrics: { r2: 0.5, rmse: 1.25 },
      started_at: '2026-11-21T06:33:47.000Z',
      ended_at: '2026-11-21T06:33:48.000Z',
      requested_by: 'ada',
    },
    expect.objectContaining({
      run_id: first,
      target: 'churned',
      model: 'churn',
      version: '2',
      aliases: ['champion'],
      metrics: { accuracy: 0.75 },
    }),
  ])
})

test('filters, also with names that have quotes', async () => {
  const [first, second] = ended
  expect(idsOf(await list('?dataset=usage'))).toEqual([first])
  expect(idsOf(await list('?target=churned'))).toEqual([first])
  expect(idsOf(await list('?target=y'))).toEqual([second])
  expect(idsOf(await list(`?model=${encodeURIComponent("it's")}`))).toEqual([second])
  expect(await list('?dataset=usage&target=y')).toEqual([])
  expect(await list(`?model=${encodeURIComponent("' or run_id != '")}`)).toEqual([])
})

test('pages, and a token that is none', async () => {
  const pages: string[][] = []
  let token = ''
  do {
    const page = await suite.ok('GET', `/api/v1/projects/p/trainings?limit=1${token}`)
    pages.push([...idsOf(page.items)])
    token = page.next_page_token === undefined ? '' : `&page_token=${encodeURIComponent(page.next_page_token)}`
  } while (token !== '')
  expect(pages).toEqual([[ended[1]], [ended[0]]])
  expect(await suite.send('GET', '/api/v1/projects/p/trainings?page_token=x')).toMatchObject({
    status: 400,
    body: { code: 'page_token_invalid' },
  })
})

test('the history as CSV, oldest first, and in the form of French Excel', async () => {
  const [first, second] = ended
  const path = '/api/v1/projects/p/trainings/export'
  const reply = await suite.app.inject({ method: 'GET', url: path })
  expect(reply.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="trainings-p.csv"; filename*=UTF-8\'\'trainings-p.csv',
  })
  expect(reply.payload.split('\r\n')).toEqual([
    'ended_at,run_id,run_name,dataset,snapshot_id,target,estimator,model,version,accuracy,log_loss,r2,rmse',
    `2026-11-21T06:32:48.000Z,${first},run of churn,usage,${usage.id},churned,random_forest_classifier,churn,2,0.75,,,`,
    `2026-11-21T06:33:48.000Z,${second},run of it's,sales,${sales.id},y,ridge,it's,,,,0.5,1.25`,
    '',
  ])
  const french = await suite.app.inject({ method: 'GET', url: `${path}?format=csv-fr&target=y` })
  expect(french.payload.split('\r\n')).toEqual([
    '\uFEFFended_at;run_id;run_name;dataset;snapshot_id;target;estimator;model;version;r2;rmse',
    `2026-11-21 06:33:48;${second};run of it's;sales;${sales.id};y;ridge;it's;;0,5;1,25`,
    '',
  ])
  const none = await suite.app.inject({ method: 'GET', url: `${path}?model=none` })
  expect(none.payload).toBe('ended_at,run_id,run_name,dataset,snapshot_id,target,estimator,model,version\r\n')
})

test('a failure is told in the language of who asks', async () => {
  const { ctx } = suite
  suite.clock.advance(60_000)
  const request = { snapshot: 'usage', target: 'churned', estimator: { kind: 'dummy_classifier' } }
  const asked = await startTraining({ ctx, input: { project: 'p', request } })
  expect((await list())[0]).toMatchObject({
    run_id: asked.run_id,
    status: 'SCHEDULED',
    job_id: asked.job.id,
    target: 'churned',
  })
  const worker = await startJobWorker({
    ctx,
    url: suite.database.url,
    events: {
      listen: () => () => {},
      subscribe: () => () => {},
      recentPosition: () => undefined,
      close: () => Promise.resolve(),
    },
    handlers: {
      [trainingJobKind]: async () => {
        await updateRun({ ctx, input: { run_id: asked.run_id, status: 'FAILED' } })
        throw new FabriqueError('training_memory_exceeded', { limit_bytes: 1000 })
      },
    },
    pollMs: 20,
  })
  const find = () => getJob({ ctx, input: { job: asked.job.id } })
  await expect.poll(async () => (await find()).state).toBe('failed')
  await worker.close()
  const tell = async (language: string) => {
    const headers = { 'accept-language': language }
    return (await suite.app.inject({ method: 'GET', url: '/api/v1/projects/p/trainings?limit=1', headers })).json()
  }
  const code = 'training_memory_exceeded'
  expect((await tell('en')).items[0].error).toEqual({ code, message: expect.stringMatching(/^The/) })
  expect((await tell('fr')).items[0].error).toEqual({ code, message: expect.stringMatching(/^L’entra/) })

  const parameters = JSON.stringify({ limit_bytes: 2000 })
  const failed = (error_params: string) =>
    loop({
      snapshot: usage,
      model: 'churn',
      params: {},
      tags: {
        'fabrique.error_code': 'training_memory_exceeded',
        'fabrique.error': 'Its English message',
        'fabrique.error_params': error_params,
      },
      end: 'FAILED',
    })
  for (const [error_params, message] of [
    [parameters, /^L’entra/],
    ['changed by someone', /^Its English message$/],
  ] as const) {
    await failed(error_params)
    const [training] = (await tell('fr')).items
    expect(training.error).toEqual({ code: 'training_memory_exceeded', message: expect.stringMatching(message) })
  }
})

test('the newest finished training of each kind stands at /metrics, also right after a start', async () => {
  const { ctx, clock } = suite
  const registry = new Registry()
  addTrainingGauges(ctx, registry)
  const read = async () =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('fabrique_training') && line.includes('"p"'))
  const churn = 'project="p",dataset="usage",target="churned",estimator="random_forest_classifier",model="churn"'
  const its = `project="p",dataset="sales",target="y",estimator="ridge",model="it's"`
  const seconds = (text: string) => new Date(text).getTime() / 1000
  expect(await read()).toEqual([
    `fabrique_training_metric{${its},metric="r2"} 0.5`,
    `fabrique_training_metric{${its},metric="rmse"} 1.25`,
    `fabrique_training_metric{${churn},metric="accuracy"} 0.75`,
    `fabrique_training_last_finished_timestamp_seconds{${its}} ${seconds('2026-11-21T06:33:48Z')}`,
    `fabrique_training_last_finished_timestamp_seconds{${churn}} ${seconds('2026-11-21T06:32:48Z')}`,
  ])
  await loop({ snapshot: sales, model: 'm', params: { target: 'a "b"\n\\c' }, metrics: { r2: -2 }, end: 'FINISHED' })
  const better = await loop({
    snapshot: usage,
    model: 'churn',
    params: { target: 'churned', estimator: 'random_forest_classifier' },
    metrics: { accuracy: 0.875 },
    end: 'FINISHED',
  })
  // Known after the least time between two looks.
  clock.advance(limit('metrics.trainings_refresh_ms'))
  const after = await read()
  expect(after).toContain(`fabrique_training_metric{${churn},metric="accuracy"} 0.875`)
  expect(after.filter((line) => line.includes('accuracy'))).toHaveLength(1)
  // What was deleted gives way to the one before.
  await deleteRun({ ctx, input: { run_id: better } })
  expect(await read()).toEqual(after)
  clock.advance(limit('metrics.trainings_refresh_ms'))
  const last = await read()
  expect(last).toContain(`fabrique_training_metric{${churn},metric="accuracy"} 0.75`)
  const odd = 'target="a \\"b\\"\\n\\\\c",estimator="",model="m"'
  expect(last).toContain(`fabrique_training_metric{project="p",dataset="sales",${odd},metric="r2"} -2`)
})

test('while the database is away the gauges stay as they were', async () => {
  const { clock, ctx, database } = suite
  const registry = new Registry()
  const own = openDatabase({ url: database.url, applicationName: 'test gauges', poolMax: 1, onError: () => {} })
  addTrainingGauges({ ...ctx, db: own.db }, registry)
  const before = await registry.metrics()
  expect(before).toContain('fabrique_training_metric{')
  await own.close()
  clock.advance(60_000)
  expect(await registry.metrics()).toBe(before)
})
