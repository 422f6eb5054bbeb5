import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Batch, type BatchRequestInput, Json, ProjectDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { makeSnapshot } from '../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../test/support/test-app.js'
import { realClock } from '../../test/support/test-clock.js'
import { putArtifact } from '../contexts/artifacts/index.js'
import { type BatchTools, batchJob, batchJobKind, mountBatchRoutes } from '../contexts/batches/index.js'
import { getSnapshot, useSnapshot } from '../contexts/datasets/index.js'
import { getJob, type JobWorker, startJobWorker } from '../contexts/jobs/index.js'
import { getLineage } from '../contexts/lineage/index.js'
import { applyProject } from '../contexts/projects/index.js'
import { moveAlias, registerVersion } from '../contexts/registry/index.js'
import { pythonMemoryBytesMax } from '../contexts/serving/files.js'
import { openModelServer, pythonEnvironment, servingFromRegistry } from '../contexts/serving/index.js'
import { mountTrainingRoutes } from '../contexts/training/index.js'
import { pollUntil } from '../kernel/index.js'
import { type EventStream, openEventStream } from '../platform/index.js'
import { jobHandlers } from './job-handlers.js'
import { trainingToolsOf } from './training-tools.js'

/** A Python with the real `mlflow`: given by the suite of foreign clients. */
const python = process.env.TEST_MLFLOW_PYTHON ?? ''
const doublerScript = fileURLToPath(new URL('../../test/support/mlflow_batch_model.py', import.meta.url))
const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))
const measures = {
  sepal_length: 'number',
  sepal_width: 'number',
  petal_length: 'number',
  petal_width: 'number',
} as const

/** Flowers with a number, those of each seventh row with a width that is no number. */
const flowers = (from: number, to: number) => `select 'f' || i as id, i::bigint as number,
    (4 + (i % 40) / 10)::double as sepal_length, case when i % 7 = 3 then 'infinity'::double else (2 + (i % 25) / 10)::double end as sepal_width,
    (1 + (i % 60) / 10)::double as petal_length, (0.1 + (i % 24) / 10)::double as petal_width from range(${from}, ${to}) as t(i)`

let suite: TestApp
let events: EventStream
let worker: JobWorker | undefined

const work = () => {
  const { ctx, database } = suite
  const handlers = jobHandlers({
    ingestTools: {},
    trainingTools: trainingToolsOf({ threads: 1, environment: () => ({}) }),
  })
  return startJobWorker({ ctx, url: database.url, events, handlers, pollMs: 50 })
}

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    mountTrainingRoutes(app, () => ctx)
    mountBatchRoutes(app, () => ctx)
  })
  const { ctx, database, folder } = suite
  events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test batches', log: ctx.log })
  worker = await work()
  const names = ['iris', 'flowers', 'declared']
  const definition = ProjectDefinition.parse({
    name: 'p',
    datasets: names.map((name) => ({ name, source: { kind: 'csv', paths: [`${name}.csv`] } })),
    models: [],
  })
  await applyProject({ ctx, input: { folder, definition } })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'iris',
    columns: { ...measures, species: 'text' },
    parts: [`select * from read_csv('${iris}')`],
  })
  await makeSnapshot(ctx, {
    project: 'p',
    dataset: 'flowers',
    columns: { id: 'text', number: 'integer', ...measures },
    parts: [flowers(0, 400), flowers(400, 401), flowers(401, 1000)],
  })
  const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', {
    snapshot: 'iris',
    target: 'species',
    estimator: { kind: 'random_forest_classifier', params: { n_estimators: 12 } },
    register: 'flowers',
  })
  expect(await over(job.id)).toMatchObject({ state: 'succeeded' })
  await moveAlias({ ctx, input: { model: 'flowers', alias: 'champion', version: '1', reason: 'test' } })
})
afterAll(async () => {
  await worker?.close()
  await events?.close()
  await suite?.close()
})

const over = (id: string) =>
  pollUntil(
    () => getJob({ ctx: suite.ctx, input: { job: id } }),
    ({ state }) => state !== 'queued' && state !== 'running',
    { clock: realClock, waitMs: 240_000 },
  )

async function ask(request: BatchRequestInput): Promise<{ readonly id: string; readonly job: string }> {
  const { job, batch } = await suite.ok('POST', '/api/v1/models/flowers/batch-predictions', request)
  expect(batch).toMatchObject({ model: 'flowers', version: '1', job_id: job.id, state: 'queued' })
  return { id: batch.id, job: job.id }
}

async function answered(request: BatchRequestInput): Promise<Batch> {
  const { id, job } = await ask(request)
  expect(await over(job)).toMatchObject({ state: 'succeeded' })
  return suite.ok('GET', `/api/v1/batch-predictions/${id}`)
}

describe('a batch', () => {
  test('answers all rows but those that the model does not take', async () => {
    const batch = await answered({ snapshot: 'p/flowers' })
    expect(batch).toMatchObject({ state: 'succeeded', project: 'p', dataset: 'flowers-predictions' })
    expect(batch.result).toMatchObject({ rows: 1000, predicted: 857, rejected: 143 })
    const { columns, rows } = await rowsOf(batch)
    expect(columns).toEqual([
      ...['id', 'number', ...Object.keys(measures), 'prediction'],
      ...['setosa', 'versicolor', 'virginica'].map((name) => `probability_${name}`),
    ])
    expect(rows.map(([, number]) => Number(number))).toEqual(
      Array.from({ length: 1000 }, (_, row) => row).filter((row) => row % 7 !== 3),
    )
    const { body } = await suite.app.inject({ url: `/api/v1/batch-predictions/${batch.id}/rejected` })
    const rejected = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rejected).toHaveLength(143)
    expect(rejected[57]).toMatchObject({
      row: 403,
      code: 'feature_value_wrong',
      feature: 'sepal_width',
      values: { id: 'f402' },
    })
  })

  test('says what a request for the same rows is answered', async () => {
    const batch = await answered({ snapshot: 'p/flowers@latest', alias: 'champion', columns: ['id'] })
    const { rows } = await rowsOf(batch)
    const serving = servingFromRegistry(suite.ctx, { threads: 1 })
    const models = await openModelServer({ ...serving, defaultModel: undefined })
    try {
      const features = Array.from({ length: 1000 }, (_, row) => row)
        .filter((row) => row % 7 !== 3)
        .map((i) => [4 + (i % 40) / 10, 2 + (i % 25) / 10, 1 + (i % 60) / 10, 0.1 + (i % 24) / 10])
      const reply = await models.predict({ model: 'flowers', version: '1' }, { features })
      const asked = [reply.predictions]
        .flat()
        .map((answer) => [answer.prediction, ...('probabilities' in answer ? Object.values(answer.probabilities) : [])])
      expect(rows.map(([, ...answers]) => answers)).toEqual(asked)
    } finally {
      await models.close()
    }
  })

  test('stands in the lineage between its rows, its version and its answers', async () => {
    const batch = await answered({ snapshot: 'p/flowers', into: 'scores', version: '1' })
    const graph = await getLineage({
      ctx: suite.ctx,
      input: { kind: 'snapshot', id: batch.result?.snapshot_id ?? '', direction: 'up', depth: 1, limit: 100 },
    })
    const links = graph.links.filter(({ relation }) => relation === 'predicted').map(({ from }) => from.kind)
    expect(links.sort()).toEqual(['model_version', 'snapshot'])
  })

  test('of the same rows again is the same snapshot', async () => {
    const [one, other] = [await answered({ snapshot: 'p/flowers' }), await answered({ snapshot: 'p/flowers' })]
    expect(other.id).not.toBe(one.id)
    expect(other.result?.snapshot_id).toBe(one.result?.snapshot_id)
  })

  test('is listed with others of its model, newest first', async () => {
    const page = await suite.ok('GET', '/api/v1/models/flowers/batch-predictions?limit=2')
    expect(page.items).toHaveLength(2)
    const next = await suite.ok(
      'GET',
      `/api/v1/models/flowers/batch-predictions?limit=2&page_token=${page.next_page_token}`,
    )
    const ids = [...page.items, ...next.items].map(({ id }: Batch) => id)
    expect(new Set(ids).size).toBe(4)
  })

  test('with too many rows set aside ends without answers', async () => {
    const { id, job } = await ask({ snapshot: 'p/flowers', max_rejected: 142, into: 'few' })
    expect(await over(job)).toMatchObject({ state: 'failed', error: { code: 'batch_rows_rejected' } })
    expect(await suite.ok('GET', `/api/v1/batch-predictions/${id}`)).toMatchObject({ state: 'failed' })
    expect(readdirSync(suite.ctx.blobs.stagingFolder)).toEqual([])
  })
})

describe('what cannot be meant', () => {
  test.each([
    [{ snapshot: 'p/gone' }, 404],
    [{ snapshot: 'snap_gone' }, 404],
    [{ snapshot: 'flowers' }, 400],
    [{ snapshot: 'p/flowers', version: '9' }, 404],
    [{ snapshot: 'p/flowers', alias: 'gone' }, 404],
    [{ snapshot: 'p/flowers', version: '1', alias: 'champion' }, 400],
    [{ snapshot: 'p/flowers', columns: ['gone'] }, 422],
    [{ snapshot: 'p/flowers', into: 'declared' }, 409],
    [{ snapshot: 'p/flowers', into: 'No Name' }, 400],
    [{ snapshot: 'p/flowers', other: 1 }, 400],
  ])('%j is refused with %i', async (request, status) => {
    expect((await suite.send('POST', '/api/v1/models/flowers/batch-predictions', request)).status).toBe(status)
  })

  test('a model or batch that is not there', async () => {
    expect((await suite.send('POST', '/api/v1/models/gone/batch-predictions', { snapshot: 'p/flowers' })).status).toBe(
      404,
    )
    expect((await suite.send('GET', '/api/v1/batch-predictions/batch_gone')).status).toBe(404)
    expect((await suite.send('GET', '/api/v1/batch-predictions/batch_gone/rejected')).status).toBe(404)
  })
})

describe('rows of keys', () => {
  const lookup = {
    project: 'p',
    service: 'measures',
    service_version: 1,
    keys: ['number'],
    features: Object.keys(measures),
    on_missing: 'error',
    defaults: {},
  }
  const measured = (i: number) => [4 + (i % 40) / 10, 2 + (i % 25) / 10, 1 + (i % 60) / 10, 0.1 + (i % 24) / 10]

  /** What an online store has: nothing of each fifth key. */
  const readOnline: BatchTools['readOnline'] = async (_ctx, { service, keys }) => {
    expect(service).toBe('measures@1')
    expect(keys.length).toBeLessThanOrEqual(1000)
    return {
      features: Object.keys(measures).map((name) => ({ name, view: 'plants', version: 1 })),
      rows: keys.map((row) => {
        const isThere = Number(row.number) % 5 !== 0
        const given = <Value>(value: Value) => lookup.features.map(() => value)
        return {
          keys: row,
          values: isThere ? measured(Number(row.number)) : given(null),
          statuses: given(isThere ? ('PRESENT' as const) : ('NOT_FOUND' as const)),
          event_times: given(null),
          age_seconds: given(null),
        }
      }),
    }
  }

  beforeAll(async () => {
    const { ctx } = suite
    const { job } = await suite.ok('POST', '/api/v1/projects/p/trainings', {
      snapshot: 'iris',
      target: 'species',
      features: Object.keys(measures),
      estimator: { kind: 'random_forest_classifier', params: { n_estimators: 12 } },
      register: 'keyed',
    })
    expect(await over(job.id)).toMatchObject({ state: 'succeeded' })
    await sql`update model_versions set signature = jsonb_set(signature::jsonb, '{feature_lookup}', ${JSON.stringify(lookup)}::jsonb)::json
      where model = 'keyed'`.execute(ctx.db)
    const keys = (from: number, to: number) =>
      `select i::bigint as number, 'n' || i as name from range(${from}, ${to}) as t(i)`
    await makeSnapshot(ctx, {
      project: 'p',
      dataset: 'keys',
      columns: { number: 'integer', name: 'text' },
      parts: [keys(0, 1500), keys(1500, 1501), keys(1501, 2600)],
    })
  })

  const request = { snapshot: 'p/keys', version: '1' }

  test('get the features of the online store, or the reason why there are none', async () => {
    await worker?.close()
    const { ctx, database } = suite
    const handlers = { [batchJobKind]: batchJob({ threads: 1, readOnline, partRows: 700 }) }
    const own = await startJobWorker({ ctx, url: database.url, events, handlers, pollMs: 50 })
    try {
      const { job, batch } = await suite.ok('POST', '/api/v1/models/keyed/batch-predictions', request)
      expect(await over(job.id)).toMatchObject({
        state: 'succeeded',
        result: { rows: 2600, predicted: 2080, rejected: 520 },
      })
      const { columns, rows } = await rowsOf(await suite.ok('GET', `/api/v1/batch-predictions/${batch.id}`))
      expect(columns.slice(0, 7)).toEqual(['number', 'name', ...Object.keys(measures), 'prediction'])
      for (const [number, name, ...values] of rows) {
        expect([name, ...values.slice(0, 4)]).toEqual([`n${number}`, ...measured(Number(number))])
      }
      const { body } = await suite.app.inject({ url: `/api/v1/batch-predictions/${batch.id}/rejected` })
      expect(JSON.parse(body.split('\n')[301] ?? '')).toMatchObject({
        row: 1506,
        code: 'feature_values_missing',
        values: { number: 1505, name: 'n1505' },
      })
      expect(readdirSync(ctx.blobs.stagingFolder)).toEqual([])
    } finally {
      await own.close()
      worker = await work()
    }
  })

  test('are refused by a worker without an online store', async () => {
    const { job } = await suite.ok('POST', '/api/v1/models/keyed/batch-predictions', request)
    expect(await over(job.id)).toMatchObject({ state: 'failed', error: { code: 'features_not_served' } })
  })
})

describe('a version that only Python computes', () => {
  const folder = '1/py/artifacts/model'
  const request = { snapshot: 'p/numbers', version: '1', columns: ['id'] }
  let models: string
  beforeAll(async () => {
    const { ctx } = suite
    models = mkdtempSync(join(tmpdir(), 'batch-python-'))
    if (python !== '') execFileSync(python, [doublerScript, models], { stdio: 'ignore' })
    else mkdirSync(join(models, 'doubler'))
    const root = join(models, 'doubler')
    if (python === '') writeFileSync(join(root, 'MLmodel'), 'flavors: { python_function: { loader_module: mlflow } }')
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const content = readFileSync(path)
      await putArtifact({ ctx, input: { path: `${folder}${path.slice(root.length)}`, content } })
    }
    const source = `mlflow-artifacts:/${folder}`
    await registerVersion({ ctx, input: { model: 'doubler', run_id: 'py', source, artifact_path: folder } })
    await makeSnapshot(ctx, {
      project: 'p',
      dataset: 'numbers',
      columns: { id: 'text', x: 'integer', word: 'text' },
      parts: [`select 'n' || i as id, i::bigint as x, 'some' as word from range(0, 12) as t(i)`],
    })
  })
  afterAll(() => rmSync(models, { recursive: true, force: true }))

  test('is refused by a worker that has none, and says what to do', async () => {
    const { job } = await suite.ok('POST', '/api/v1/models/doubler/batch-predictions', request)
    expect(await over(job.id)).toMatchObject({ state: 'failed', error: { code: 'python_not_configured' } })
  })

  test.skipIf(python === '')('is answered by a worker that has one', async () => {
    await worker?.close()
    const { ctx, database } = suite
    const tools = { python, environment: pythonEnvironment(process.env), memoryBytesMax: pythonMemoryBytesMax }
    const handlers = { [batchJobKind]: batchJob({ threads: 1, python: tools }) }
    const own = await startJobWorker({ ctx, url: database.url, events, handlers, pollMs: 50 })
    try {
      const { job, batch } = await suite.ok('POST', '/api/v1/models/doubler/batch-predictions', request)
      expect(await over(job.id)).toMatchObject({ state: 'succeeded', result: { predicted: 12, rejected: 0 } })
      const { columns, rows } = await rowsOf(await suite.ok('GET', `/api/v1/batch-predictions/${batch.id}`))
      expect(columns).toEqual(['id', 'prediction'])
      expect(rows).toEqual(Array.from({ length: 12 }, (_, row) => [`n${row}`, 2 * row]))
    } finally {
      await own.close()
      worker = await work()
    }
  })
})

describe('a worker that is killed', () => {
  test('leaves the parts that are done to the next one', async () => {
    const whole = await answered({ snapshot: 'p/flowers', into: 'whole', columns: ['number'] })
    await worker?.close()
    worker = undefined
    const { job, id } = await ask({ snapshot: 'p/flowers', into: 'killed', columns: ['number'] })
    const folder = join(suite.ctx.blobs.stagingFolder, `batch-${job}`)
    const parts = () =>
      existsSync(folder) ? readdirSync(folder).filter((name) => /^part-\d+\.parquet$/.test(name)) : []
    // So many small parts take longer than it takes to see some of them.
    const first = startWorker('20')
    const [pid] = await once(first.stdout.setEncoding('utf8'), 'data')
    await expect.poll(() => parts().length).toBeGreaterThan(2)
    first.kill('SIGKILL')
    await once(first, 'close')
    // Its process sees that it is alone, and ends.
    await expect.poll(() => isAlive(Number(pid))).toBe(false)
    const done = parts()
    expect(done.length).toBeLessThan(51)

    const second = startWorker('20')
    try {
      await expect.poll(() => parts().length).toBeGreaterThan(done.length)
      expect(parts().slice(0, done.length)).toEqual(done)
      expect(await over(job)).toMatchObject({ state: 'succeeded', attempts: 2 })
    } finally {
      second.kill('SIGKILL')
      await once(second, 'close')
    }
    const killed = await suite.ok('GET', `/api/v1/batch-predictions/${id}`)
    expect(killed.result).toMatchObject({ rows: 1000, rejected: 143 })
    expect((await rowsOf(killed)).rows).toEqual((await rowsOf(whole)).rows)
    // What the killed worker had borrowed of the store is swept with what others left; the parts are gone at once.
    expect(existsSync(folder)).toBe(false)
  })
})

function startWorker(partRows: string) {
  const program = fileURLToPath(new URL('../../test/support/batch-process.mjs', import.meta.url))
  return spawn(process.execPath, [program, suite.database.url, suite.folder, partRows], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** All rows of the answers. */
async function rowsOf({
  result,
}: Batch): Promise<{ readonly columns: readonly string[]; readonly rows: readonly Json[][] }> {
  const { ctx } = suite
  const snapshot = await getSnapshot({ ctx, input: { snapshot: result?.snapshot_id ?? '' } })
  const rows = await useSnapshot(ctx, snapshot, async (connection, table) =>
    z.array(z.array(Json)).parse((await connection.runAndReadAll(`select * from ${table}`)).getRowsJson()),
  )
  return { columns: snapshot.columns.map(({ name }) => name), rows }
}
