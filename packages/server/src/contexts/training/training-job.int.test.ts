import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { ProjectDefinition, type TrainingRequestInput } from '@fabrique/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeSnapshot } from '../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { type EventStream, openEventStream } from '../../platform/index.js'
import { openArtifact, putArtifact } from '../artifacts/index.js'
import { cancelJob, getJob, type JobWorker, mountJobRoutes, startJobWorker } from '../jobs/index.js'
import { applyProject } from '../projects/index.js'
import { artifactFolderOf, getMetricHistory, getRun, searchRuns } from '../tracking/index.js'
import { mountTrainingRoutes, settleTrainings, type TrainingTools, trainingJob, trainingJobKind } from './index.js'

const project = 'flowers'
const iris = fileURLToPath(new URL('../../../../../examples/iris/data/iris.csv', import.meta.url))

let suite: TestApp
let events: EventStream
const ends: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountJobRoutes(app, () => ctx)
    mountTrainingRoutes(app, () => ctx)
  })
  const { db, log } = suite.ctx
  events = openEventStream({ db, url: suite.database.url, applicationName: 'test training events', log })
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: ['iris', 'progress', 'still', 'long'].map((name) => ({
      name,
      source: { kind: 'csv', paths: ['a.csv'] },
    })),
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  const lengths = {
    sepal_length: 'number',
    sepal_width: 'number',
    petal_length: 'number',
    petal_width: 'number',
  } as const
  await make('iris', { ...lengths, species: 'category' }, [`select * from read_csv('${iris}')`])
  await make('progress', { age: 'integer', ward: 'text', seen: 'timestamp', value: 'number' }, [
    // In two parts, and with one value of each kind missing.
    progressRows(0, 200),
    progressRows(200, 300),
  ])
  await make('still', { a: 'number', b: 'number' }, ['select i::double as a, 4.5::double as b from range(50) t(i)'])
  await make('long', { a: 'number', b: 'number', c: 'number' }, [
    'select sin(i) as a, cos(i * 1.7) as b, sin(i * i) as c from range(40000) t(i)',
  ])
})
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()))
})
afterAll(async () => {
  await events?.close()
  await suite?.close()
})

const make = (dataset: string, columns: Parameters<typeof makeSnapshot>[1]['columns'], parts: readonly string[]) =>
  makeSnapshot(suite.ctx, { project, dataset, columns, parts })

const progressRows = (from: number, to: number) => `
  select (20 + i % 60)::bigint as age, case when i = 7 then null when i % 3 = 0 then 'north' else 'south' end as ward,
    timestamp '2024-01-01' + to_days((i * 7 % 300)::integer) as seen,
    2.0 * (20 + i % 60) + case when i % 3 = 0 then 30 else 0 end + sin(i) as value
  from range(${from}, ${to}) t(i)`

async function startWorker(more: Partial<TrainingTools> = {}): Promise<JobWorker> {
  const tools: TrainingTools = {
    threads: 1,
    environment: () => ({ fabrique: 'test', git_commit: 'c0ffee' }),
    register: async () => ({ version: 'none' }),
    champion: async () => undefined,
    promote: async () => {},
    ...more,
  }
  const worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events,
    handlers: { [trainingJobKind]: trainingJob(tools) },
    pollMs: 50,
  })
  ends.push(() => worker.close())
  return worker
}

const ask = (request: TrainingRequestInput) => suite.send('POST', `/api/v1/projects/${project}/trainings`, request)

async function start(request: TrainingRequestInput): Promise<{ job: string; run: string }> {
  const { status, body } = await ask(request)
  expect({ status, body }).toMatchObject({ status: 200, body: { job: { state: 'queued', kind: 'training.train' } } })
  return { job: body.job.id, run: body.run_id }
}

async function over(job: string) {
  const find = () => getJob({ ctx: suite.ctx, input: { job } })
  await expect.poll(async () => (await find()).state).toMatch(/succeeded|failed|cancelled/)
  return find()
}

async function runOf(id: string) {
  const { info, data, inputs } = await getRun({ ctx: suite.ctx, input: { run_id: id } })
  return {
    info,
    inputs,
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, Number(value)])),
  }
}

async function fileOf(run: string, name: string): Promise<string> {
  const root = artifactFolderOf((await runOf(run)).info.artifact_uri)
  const { content } = await openArtifact({ ctx: suite.ctx, input: { path: `${root}/${name}` } })
  return text(content)
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A fit that goes on until someone ends it. */
const endless: TrainingRequestInput = {
  snapshot: 'long',
  target: 'c',
  task: 'regression',
  estimator: { kind: 'mlp_regressor', params: { max_iter: 10_000, tol: 0, n_iter_no_change: 10_000 } },
}
const quick: TrainingRequestInput = { snapshot: 'iris', target: 'species', estimator: { kind: 'gaussian_nb' } }

/** Resolves when the process of a training runs. */
function processStarted() {
  let told: (pid: number) => void = () => {}
  const pid = new Promise<number>((resolve) => {
    told = resolve
  })
  return { pid, onProcess: (started: number) => told(started) }
}

describe('a training', () => {
  test('of classes fills its run: parameters, metrics, input, tags, reports, model', async () => {
    await startWorker()
    const { job, run } = await start({ ...quick, run_name: 'first' })
    expect(await over(job)).toMatchObject({ state: 'succeeded', result: { run_id: run } })
    const { info, params, metrics, tags, inputs } = await runOf(run)
    expect(info).toMatchObject({ status: 'FINISHED', run_name: 'first' })
    expect(params).toMatchObject({
      target: 'species',
      task: 'classification',
      estimator: 'gaussian_nb',
      var_smoothing: '1e-9',
      split: 'random',
      test_share: '0.2',
      seed: '1',
      features: 'sepal_length, sepal_width, petal_length, petal_width',
      train_rows: '120',
      test_rows: '30',
    })
    expect(metrics.accuracy).toBeGreaterThan(0.85)
    expect(metrics.roc_auc).toBeGreaterThan(0.95)
    expect(tags).toMatchObject({
      'fabrique.project': project,
      'fabrique.job': job,
      'mlflow.source.git.commit': 'c0ffee',
    })
    expect(inputs.dataset_inputs[0]?.dataset).toMatchObject({ name: 'iris', source_type: 'fabrique_snapshot' })
    expect(JSON.parse(await fileOf(run, 'reports/confusion_matrix.json')).counts.flat()).toHaveLength(9)
    const model = await fileOf(run, 'model/MLmodel')
    expect(model).toContain('"name":"probability_setosa"')
    expect(await fileOf(run, 'model/README.md')).toContain('120 rows to train on, 30 to test on')
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('has its reports as pictures too, and a learning curve where it was asked for', async () => {
    await startWorker()
    const { job, run } = await start({ ...quick, learning_curve: true, folds: 3 })
    expect(await over(job)).toMatchObject({ state: 'succeeded' })
    const names = ['confusion_matrix', 'roc_curve', 'precision_recall_curve', 'calibration_curve', 'learning_curve']
    for (const name of names) expect(await fileOf(run, `reports/${name}.png`)).toMatch(/^.PNG/s)
    const curve = JSON.parse(await fileOf(run, 'reports/learning_curve.json'))
    // 120 training rows in five folds.
    expect(curve).toMatchObject({ metric: 'accuracy', folds: 5, sizes: [9, 24, 48, 72, 96] })
    expect(curve.test.mean.at(-1)).toBeGreaterThan(0.85)
  })

  test('of numbers tells its losses as it goes, and takes texts and moments', async () => {
    await startWorker()
    const { job, run } = await start({
      snapshot: 'progress@latest',
      target: 'value',
      estimator: {
        kind: 'mlp_regressor',
        params: { max_iter: 60, hidden_layer_sizes: [20], learning_rate_init: 0.05 },
      },
    })
    expect(await over(job)).toMatchObject({ state: 'succeeded' })
    const { params, metrics } = await runOf(run)
    expect(params).toMatchObject({ task: 'regression', max_iter: '60', hidden_layer_sizes: '(20,)', random_state: '1' })
    expect(metrics.r2).toBeGreaterThan(0.8)
    const { metrics: losses } = await getMetricHistory({
      ctx: suite.ctx,
      input: { run_id: run, metric_key: 'training_loss' },
    })
    expect(losses.length).toBeGreaterThan(10)
    expect(losses.map(({ step }) => Number(step))).toEqual(losses.map((_, index) => index + 1))
    expect(Number(losses.at(-1)?.value)).toBeLessThan(Number(losses[0]?.value))
    const model = await fileOf(run, 'model/MLmodel')
    expect(model).toContain('"type":"long","name":"seen"')
    expect(model).toContain('"type":"string","name":"ward"')
    expect(model).toContain('"name":"prediction"')
  })

  test('that searches shows each trial as a run below its own', async () => {
    await startWorker()
    const values = [1, 5, 40]
    const { job, run } = await start({
      snapshot: 'iris',
      target: 'species',
      estimator: { kind: 'k_neighbors_classifier' },
      search: { method: 'grid', trials: 3, space: { n_neighbors: { kind: 'choice', values } } },
    })
    expect(await over(job)).toMatchObject({ state: 'succeeded' })
    const parent = await runOf(run)
    const { runs } = await searchRuns({
      ctx: suite.ctx,
      input: { experiment_ids: [parent.info.experiment_id], filter: `tags."mlflow.parentRunId" = '${run}'` },
    })
    const trials = await Promise.all(runs.map(({ info }) => runOf(info.run_id)))
    expect(trials.map(({ params }) => Number(params.n_neighbors)).sort((a, b) => a - b)).toEqual(values)
    const best = trials.reduce((a, b) => ((b.metrics.accuracy ?? 0) > (a.metrics.accuracy ?? 0) ? b : a))
    const same = trials.filter(({ metrics }) => metrics.accuracy === best.metrics.accuracy)
    expect(same.map(({ params }) => params.n_neighbors)).toContain(parent.params.n_neighbors)
  })

  test('in which several estimators compete shows them, and takes the best', async () => {
    await startWorker()
    // So short that few are tried; the first, which only counts, always ends.
    const { job, run } = await start({ snapshot: 'iris', target: 'species', auto: { budget_seconds: 1 } })
    const ended = await over(job)
    const { tags, params, info } = await runOf(run)
    expect({ ended, tags }).toMatchObject({ ended: { state: 'succeeded' } })
    const board = JSON.parse(await fileOf(run, 'reports/leaderboard.json')).leaderboard
    expect(board[0]).toMatchObject({ state: 'finished', estimator: { kind: params.estimator } })
    const { runs } = await searchRuns({
      ctx: suite.ctx,
      input: { experiment_ids: [info.experiment_id], filter: `tags."mlflow.parentRunId" = '${run}'` },
    })
    expect(runs).toHaveLength(board.length)
  })
})

describe('a training that cannot be', () => {
  test.each<[string, object, number, string]>([
    ['without an estimator', { estimator: undefined }, 400, 'invalid_request'],
    ['with an unknown one', { estimator: { kind: 'oracle' } }, 422, 'estimator_unknown'],
    ['with one that learns from no target', { estimator: { kind: 'k_means' } }, 422, 'training_refused'],
    ['with one of another task', { task: 'regression' }, 422, 'training_refused'],
    [
      'with a wrong parameter',
      { estimator: { kind: 'gaussian_nb', params: { var: 1 } } },
      422,
      'estimator_param_invalid',
    ],
    ['of a column that is not there', { target: 'kind' }, 422, 'training_refused'],
    ['of a data set that is not there', { snapshot: 'nothing@latest' }, 404, 'snapshot_ref_not_found'],
    ['of a snapshot that is not there', { snapshot: 'snap_0' }, 404, 'snapshot_not_found'],
    ['with two ways at once', { auto: {}, search: {} }, 400, 'invalid_request'],
    [
      'with an unknown parameter to search',
      { search: { space: { depth: { kind: 'number', low: 1, high: 2 } } } },
      422,
      'estimator_param_invalid',
    ],
    ['with an empty space', { search: { space: {} } }, 422, 'training_refused'],
    ['with a share of no rows', { split: { kind: 'random', test_share: 0 } }, 400, 'invalid_request'],
    ['that shall be promoted, and is no model', { promote: 'if_better' }, 400, 'invalid_request'],
    [
      'that is compared by what it is not tested by',
      { register: 'm', promote: 'if_better', promote_metric: 'r2' },
      400,
      'invalid_request',
    ],
    ['with a word that is not known', { speed: 1 }, 400, 'invalid_request'],
  ])('%s is refused with the request', async (_, change, status, code) => {
    const before = (await suite.ok('GET', '/api/v1/jobs')).items.length
    const reply = await ask({ ...quick, ...change })
    expect({ status: reply.status, code: reply.body.code }).toEqual({ status, code })
    expect((await suite.ok('GET', '/api/v1/jobs')).items).toHaveLength(before)
  })

  test('since its target never varies is a failed run that says so', async () => {
    await startWorker()
    const { job, run } = await start({
      snapshot: 'still',
      target: 'b',
      task: 'regression',
      estimator: { kind: 'k_neighbors_regressor' },
    })
    expect(await over(job)).toMatchObject({ state: 'failed', error: { code: 'training_refused' } })
    const { info, tags } = await runOf(run)
    expect(info).toMatchObject({ status: 'FAILED' })
    expect(tags).toMatchObject({ 'fabrique.error_code': 'training_refused' })
    expect(tags['fabrique.error']).toContain('Every row of "b" is 4.5')
  })

  test('since it takes too much memory is a failed run, and the next one is done', async () => {
    const worker = await startWorker({ memoryBytesMax: 32 * 1024 * 1024 })
    const { job, run } = await start(endless)
    expect(await over(job)).toMatchObject({ state: 'failed', error: { code: 'training_memory_exceeded' } })
    expect((await runOf(run)).info.status).toBe('FAILED')
    await worker.close()
    await startWorker()
    expect(await over((await start(quick)).job)).toMatchObject({ state: 'succeeded' })
  })

  test('since its process is killed is a failed run, and the worker goes on', async () => {
    const { pid, onProcess } = processStarted()
    await startWorker({ onProcess })
    const { job, run } = await start(endless)
    process.kill(await pid, 'SIGKILL')
    expect(await over(job)).toMatchObject({
      state: 'failed',
      error: { code: 'training_crashed', message: expect.stringContaining('SIGKILL') },
    })
    expect((await runOf(run)).tags).toMatchObject({ 'fabrique.error_code': 'training_crashed' })
    expect(await over((await start(quick)).job)).toMatchObject({ state: 'succeeded' })
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })
})

describe('a training that is interrupted', () => {
  test('by a wish to cancel is killed, and its run says so', async () => {
    const { pid, onProcess } = processStarted()
    await startWorker({ onProcess })
    const { job, run } = await start(endless)
    const started = await pid
    const count = async () =>
      (await getMetricHistory({ ctx: suite.ctx, input: { run_id: run, metric_key: 'training_loss' } })).metrics.length
    await expect.poll(count).toBeGreaterThan(0)
    await cancelJob({ ctx: suite.ctx, input: { job } })
    expect(await over(job)).toMatchObject({ state: 'cancelled' })
    expect((await runOf(run)).info.status).toBe('KILLED')
    await expect.poll(() => isAlive(started)).toBe(false)
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('before a worker took it is a killed run too', async () => {
    const { job, run } = await start(quick)
    expect((await runOf(run)).info.status).toBe('SCHEDULED')
    ends.push(settleTrainings(suite.ctx, events))
    await cancelJob({ ctx: suite.ctx, input: { job } })
    await expect.poll(async () => (await runOf(run)).info.status).toBe('KILLED')
  })

  test('between the start of the stream and the first look is a killed run too', async () => {
    const { job, run } = await start(quick)
    let look: (() => void) | undefined
    const late = {
      subscribe: (_listener: unknown, _position: unknown, onStart?: () => void) => {
        look = onStart
        return () => {}
      },
    }
    ends.push(settleTrainings(suite.ctx, late))
    await cancelJob({ ctx: suite.ctx, input: { job } })
    look?.()
    await expect.poll(async () => (await runOf(run)).info.status).toBe('KILLED')
  })

  test('by the end of its worker goes on in the same run with the next one', async () => {
    const { pid, onProcess } = processStarted()
    const first = await startWorker({ onProcess })
    const { job, run } = await start(quick)
    const started = await pid
    // It is not done before the worker ends.
    process.kill(started, 'SIGSTOP')
    await first.close()
    await expect.poll(() => isAlive(started)).toBe(false)
    expect((await runOf(run)).info.status).toBe('RUNNING')
    await startWorker()
    expect(await over(job)).toMatchObject({ state: 'succeeded', attempts: 2, result: { run_id: run } })
    expect((await runOf(run)).info.status).toBe('FINISHED')
  })

  test('in a search goes on after the trials that are there', async () => {
    const { job, run } = await start({
      snapshot: 'iris',
      target: 'species',
      estimator: { kind: 'k_neighbors_classifier' },
      search: { method: 'grid', trials: 3, space: { n_neighbors: { kind: 'choice', values: [40, 1, 5] } } },
    })
    // The first trial is better than any can be: only a search that takes it as it is finds it best.
    const trial = { number: 0, parameters: { n_neighbors: 40 }, state: 'finished', value: 2, reports: [], resource: 1 }
    const root = artifactFolderOf((await runOf(run)).info.artifact_uri)
    const content = new TextEncoder().encode(JSON.stringify(trial))
    await putArtifact({ ctx: suite.ctx, input: { path: `${root}/reports/trials/0.json`, content } })
    await startWorker()
    expect(await over(job)).toMatchObject({ state: 'succeeded' })
    expect((await runOf(run)).params.n_neighbors).toBe('40')
    const search = JSON.parse(await fileOf(run, 'reports/search.json'))
    expect(search.trials.map(({ number }: { number: number }) => number)).toEqual([0, 1, 2])
    expect(search.best).toEqual(trial)
  })

  test('by the loss of the session of its worker does too, and its losses have each step once', async () => {
    let begun = 0
    await startWorker({
      onProcess: () => {
        begun += 1
      },
    })
    const params = { max_iter: 25, hidden_layer_sizes: [10], tol: 0, n_iter_no_change: 1000 }
    // Once more where the training was over before its worker knew that the session is lost.
    while (begun !== 2) {
      begun = 0
      const { job, run } = await start({ ...endless, estimator: { kind: 'mlp_regressor', params } })
      const steps = async () => {
        const input = { run_id: run, metric_key: 'training_loss' }
        return (await getMetricHistory({ ctx: suite.ctx, input })).metrics.map(({ step }) => Number(step))
      }
      await expect.poll(async () => (await steps()).length, { interval: 20 }).toBeGreaterThan(0)
      await suite.database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'fabrique jobs' and datname = current_database()`,
      )
      expect(await over(job)).toMatchObject({ state: 'succeeded', result: { run_id: run } })
      expect(await steps()).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
      expect((await runOf(run)).info.status).toBe('FINISHED')
    }
  })
})

test('estimators are listed with their parameters in the language of who asks', async () => {
  const { items } = await suite.ok('GET', '/api/v1/estimators')
  const found = items.find(({ kind }: { kind: string }) => kind === 'k_neighbors_classifier')
  expect(found).toMatchObject({ task: 'classification', sklearn_name: 'KNeighborsClassifier' })
  expect(found.parameters[0]).toMatchObject({ name: 'n_neighbors', type: 'integer', default: 5, min: 1 })
  const reply = await suite.app.inject({ url: '/api/v1/estimators', headers: { 'accept-language': 'fr' } })
  const french = reply.json().items.find(({ kind }: { kind: string }) => kind === 'k_neighbors_classifier')
  expect(french.parameters[0].description).not.toBe(found.parameters[0].description)
})
