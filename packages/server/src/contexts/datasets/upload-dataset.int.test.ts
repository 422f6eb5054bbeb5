import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Job, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { limit } from '../../kernel/index.js'
import { sweepBlobs } from '../artifacts/index.js'
import { getJob, type JobWorker, listJobs, startJobWorker } from '../jobs/index.js'
import { getLineage } from '../lineage/index.js'
import { applyProject } from '../projects/index.js'
import {
  getDataset,
  getIngest,
  getSnapshot,
  ingestJob,
  ingestJobKind,
  mountDatasetRoutes,
  previewSnapshot,
  startIngest,
  uploadDataset,
} from './index.js'

let suite: TestApp
let worker: JobWorker | undefined

const work = () =>
  startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events: {
      listen: () => () => {},
      subscribe: () => () => {},
      recentPosition: () => undefined,
      close: () => Promise.resolve(),
    },
    handlers: { [ingestJobKind]: ingestJob({}) },
    pollMs: 20,
  })

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountDatasetRoutes(app, () => ctx))
  const definition = ProjectDefinition.parse({
    name: 'p',
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  await suite.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await worker?.close()
  await suite?.close()
})

const address = (dataset: string, fileName: string) =>
  `/api/v1/projects/p/datasets/${dataset}/upload?file_name=${encodeURIComponent(fileName)}`

async function upload(dataset: string, fileName: string, content: string | Buffer, type = 'text/csv') {
  const url = address(dataset, fileName)
  const reply = await suite.app.inject({ method: 'POST', url, payload: content, headers: { 'content-type': type } })
  return { status: reply.statusCode, body: reply.json() }
}

async function endOf(job: string): Promise<Job> {
  const find = () => getJob({ ctx: suite.ctx, input: { job } })
  await expect.poll(async () => (await find()).state).toMatch(/succeeded|failed|cancelled/)
  return find()
}

const resultOf = (job: Job) => job.result as { snapshot_id: string; ingest_id: string; is_new: boolean }

const houses = 'surface;prix;ville\n12,5;100;Évry\n30;250;Paris\n'
const hashOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')

test('a file that waits for a worker is kept, becomes a snapshot, and then is no longer kept', async () => {
  const { status, body } = await upload('houses', 'C:\\data\\houses.csv', houses, 'application/json')
  expect({ status, body }).toMatchObject({ status: 200, body: { kind: 'data.ingest', state: 'queued' } })
  // What no one names is removed, after the time that the sweep leaves to writers.
  const clock = { ...suite.clock, now: () => new Date(Date.now() + 2 * limit('blobs.grace_ms')) }
  const sweep = () => sweepBlobs({ ctx: { ...suite.ctx, clock }, input: {} })
  await suite.ctx.blobs.put(Buffer.from('no one names this'))
  expect(await sweep()).toMatchObject({ blobs: 1 })
  expect(await suite.ctx.blobs.size(hashOf(houses))).toBe(Buffer.byteLength(houses))
  // The same file again is the same job; another one waits for its turn.
  expect((await upload('houses', 'houses.csv', houses)).body.id).toBe(body.id)
  expect(await upload('houses', 'houses.csv', `${houses}1;1;Metz\n`)).toMatchObject({
    status: 409,
    body: { code: 'job_open_already' },
  })

  worker = await work()
  const job = await endOf(body.id)
  expect(job).toMatchObject({ state: 'succeeded', result: { is_new: true } })
  const snapshot = await getSnapshot({ ctx: suite.ctx, input: { snapshot: resultOf(job).snapshot_id } })
  expect(snapshot).toMatchObject({
    dataset: 'houses',
    row_count: 2,
    source: { kind: 'upload', location: 'houses.csv', sha256: hashOf(houses), bytes: Buffer.byteLength(houses) },
    columns: [
      { name: 'surface', type: 'number' },
      { name: 'prix', type: 'integer' },
      { name: 'ville', type: 'text' },
    ],
  })
  const { rows } = await previewSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id, limit: 10 } })
  expect(rows[0]).toEqual([12.5, '100', 'Évry'])
  expect(await getDataset({ ctx: suite.ctx, input: { project: 'p', dataset: 'houses' } })).toMatchObject({
    is_declared: false,
    latest_snapshot: { id: snapshot.id },
    latest_ingest: { state: 'succeeded', source: { kind: 'upload', location: 'houses.csv' } },
  })
  expect(await sweep()).toMatchObject({ blobs: 2 })
  expect(await suite.ctx.blobs.size(hashOf(houses))).toBeUndefined()
  expect(await suite.ctx.blobs.size(snapshot.content_hash)).toBeGreaterThan(0)
})

test('the lineage has a source for each content that was sent under a name', async () => {
  const other = `${houses}44;300;Lille\n`
  const first = await getDataset({ ctx: suite.ctx, input: { project: 'p', dataset: 'houses' } })
  const { body } = await upload('houses', 'houses.csv', other)
  const snapshot = resultOf(await endOf(body.id)).snapshot_id
  const sourceOf = async (id: string) => {
    const input = { kind: 'snapshot', id, direction: 'up' as const, depth: 5 }
    const { nodes } = await getLineage({ ctx: suite.ctx, input })
    return nodes.find(({ kind }) => kind === 'source')
  }
  const [before, after] = [await sourceOf(first.latest_snapshot?.id ?? ''), await sourceOf(snapshot)]
  expect(after).toMatchObject({ label: 'houses.csv', detail: { kind: 'upload', sha256: hashOf(other) } })
  expect(before).toMatchObject({ label: 'houses.csv', detail: { kind: 'upload', sha256: hashOf(houses) } })
  expect(after?.id).not.toBe(before?.id)
  // Sent again, it is found again.
  const again = await endOf((await upload('houses', 'houses.csv', other)).body.id)
  expect(resultOf(again)).toMatchObject({ snapshot_id: snapshot, is_new: false })
})

// The bytes of `a,b\n1,x\n2,y\n` as the program zstd writes them.
const zst = Buffer.from('KLUv/QRYYQAAYSxiCjEseAoyLHkKLp8hRg==', 'base64')

test.each([
  ['packed.csv.gz', gzipSync('a,b\n1,x\n2,y\n')],
  ['packed.csv.zst', zst],
  ['tabs.tsv', 'a\tb\n1\tx\n2\ty\n'],
  ['list.json', '[{"a":1,"b":"x"},{"a":2,"b":"y"}]'],
  ['lines.ndjson', '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'],
  ['LINES.JSONL', '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'],
])('%s is read by its ending', async (name, content) => {
  const dataset = name.toLowerCase().replace(/\W/g, '-')
  const job = await endOf((await upload(dataset, name, content)).body.id)
  expect(job).toMatchObject({ state: 'succeeded' })
  const input = { snapshot: resultOf(job).snapshot_id, limit: 10 }
  const { rows } = await previewSnapshot({ ctx: suite.ctx, input })
  expect(rows).toEqual([
    ['1', 'x'],
    ['2', 'y'],
  ])
})

test('a Parquet file is read', async () => {
  const path = join(suite.folder, 'two.parquet')
  await suite.ctx.data.use((connection) =>
    connection.run(`copy (select * from (values (1, 'x'), (2, 'y')) t (a, b)) to '${path}' (format parquet)`),
  )
  const job = await endOf((await upload('two', 'two.parquet', await readFile(path))).body.id)
  expect(await getSnapshot({ ctx: suite.ctx, input: { snapshot: resultOf(job).snapshot_id } })).toMatchObject({
    row_count: 2,
    columns: [
      { name: 'a', type: 'integer' },
      { name: 'b', type: 'text' },
    ],
  })
})

describe('what cannot be taken', () => {
  test.each([
    ['usage', 'usage.csv', 'a\n1\n', 409, 'dataset_declared'],
    ['bad name', 'x.csv', 'a\n1\n', 400, 'invalid_request'],
    ['pictures', 'x.png', 'a\n1\n', 422, 'file_format_unknown'],
    ['pictures', '..', 'a\n1\n', 422, 'file_format_unknown'],
    ['pictures', 'data/', 'a\n1\n', 400, 'invalid_request'],
    ['nothing', 'x.csv', '', 422, 'source_empty'],
  ])('%s from %s is refused before any job', async (dataset, name, content, status, code) => {
    const before = await listJobs({ ctx: suite.ctx, input: { limit: 1 } })
    expect(await upload(encodeURIComponent(dataset), name, content)).toMatchObject({ status, body: { code } })
    expect(await listJobs({ ctx: suite.ctx, input: { limit: 1 } })).toEqual(before)
  })

  test('a project that is not there', async () => {
    const url = '/api/v1/projects/none/datasets/x/upload?file_name=x.csv'
    const reply = await suite.app.inject({ method: 'POST', url, payload: 'a\n1\n' })
    expect(reply.json()).toMatchObject({ status: 404, code: 'project_not_found' })
  })

  test.each([
    ['a header alone', 'header.csv', 'a,b\n', 'source_empty'],
    ['rows that do not fit', 'ragged.csv', 'a,b\n1,2\n3\n4,5\n6,7\n', 'source_rows_rejected'],
    ['text that is no Parquet', 'text.parquet', 'a,b\n1,2\n', 'source_unreadable'],
    ['a packed file that is cut off', 'cut.csv.gz', gzipSync('a,b\n1,2\n').subarray(0, 18), 'source_unreadable'],
  ])('%s fails the job, with its reason, and makes no snapshot', async (_, name, content, code) => {
    const dataset = name.replace(/\W/g, '-')
    const { body } = await upload(dataset, name, content)
    const job = await endOf(body.id)
    expect(job).toMatchObject({ state: 'failed', error: { code } })
    expect(job.error?.message).toContain(name)
    await expect(getDataset({ ctx: suite.ctx, input: { project: 'p', dataset } })).rejects.toMatchObject({
      code: 'dataset_not_found',
    })
  })

  test('a file that is larger than the limit, whether the client says so or not', async () => {
    const input = { project: 'p', dataset: 'large', file_name: 'large.csv' }
    const bytesMax = limit('data.upload_bytes_max')
    const announced = { ...input, content: Readable.from(['a\n']), bytes_announced: bytesMax + 1 }
    await expect(uploadDataset({ ctx: suite.ctx, input: announced })).rejects.toMatchObject({ code: 'body_too_large' })
    // The store is not asked to write two gibibytes: it takes them in, and the bound is before it.
    let taken = 0
    const blobs = {
      ...suite.ctx.blobs,
      put: async (content: Readable | Uint8Array) => {
        for await (const chunk of content as Readable) taken += (chunk as Buffer).length
        return { sha256: 'a'.repeat(64), bytes: taken }
      },
    }
    const chunk = Buffer.alloc(16 * 1024 * 1024, 'a')
    const endless = Readable.from(
      (function* () {
        for (;;) yield chunk
      })(),
    )
    const ctx = { ...suite.ctx, blobs }
    await expect(uploadDataset({ ctx, input: { ...input, content: endless } })).rejects.toMatchObject({
      code: 'body_too_large',
      params: { limit_bytes: bytesMax },
    })
    expect(taken).toBeLessThanOrEqual(bytesMax)
    endless.destroy()
  })

  test('a file whose sender goes away leaves nothing', async () => {
    const before = await listJobs({ ctx: suite.ctx, input: { limit: 1 } })
    const { port } = suite.app.server.address() as AddressInfo
    const headers = { 'content-length': 1_000_000, 'content-type': 'text/csv' }
    const start = 'cut,off\n1,2\n'
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: address('cut', 'cut.csv'), headers })
    sent.on('error', () => {})
    sent.write(start)
    // Its first bytes are being written to the store.
    await expect.poll(() => readdir(suite.ctx.blobs.stagingFolder)).not.toEqual([])
    sent.destroy()
    await expect.poll(() => readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
    expect(await suite.ctx.blobs.size(hashOf(start))).toBeUndefined()
    expect(await listJobs({ ctx: suite.ctx, input: { limit: 1 } })).toEqual(before)
  })

  test('a data set that was declared while its file waited', async () => {
    await worker?.close()
    const { body } = await upload('later', 'later.csv', 'a,b\n1,2\n')
    const definition = ProjectDefinition.parse({
      name: 'p',
      datasets: [{ name: 'later', source: { kind: 'csv', paths: ['later.csv'] } }],
      models: [],
    })
    await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
    // Its own ingest waits for the one that is open, and is not given what someone sent.
    const own = await startIngest({ ctx: suite.ctx, input: { project: 'p', dataset: 'later' } })
    expect(own.id).toBe(body.id)
    worker = await work()
    expect(await endOf(body.id)).toMatchObject({ state: 'failed', error: { code: 'dataset_declared' } })
  })
})

test('a worker that is killed while it reads the file leaves nothing, and the next one reads it', async () => {
  await worker?.close()
  const rows = Array.from({ length: 200_000 }, (_, row) => `${row},${row / 7},row ${row}`)
  const { body } = await upload('killed', 'killed.csv', `id,share,note\n${rows.join('\n')}\n`)
  const program = fileURLToPath(new URL('../../../test/support/ingest-process.mjs', import.meta.url))
  const args = [program, suite.database.url, suite.folder]
  const staged = () => readdir(suite.ctx.blobs.stagingFolder)
  // It cannot keep a snapshot as long as this is held: it is killed before it is done.
  const holder = await suite.database.pool.connect()
  await holder.query('begin')
  await holder.query('lock table snapshots in share mode')
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const isAtWork = async () => {
    if ((await staged()).some((name) => name.startsWith('ingest-'))) return true
    const sql = 'select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))'
    return (await holder.query(sql)).rowCount !== 0
  }
  await expect.poll(isAtWork, { interval: 5 }).toBe(true)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
  await holder.query('rollback')
  holder.release()
  expect(await getJob({ ctx: suite.ctx, input: { job: body.id } })).toMatchObject({ state: 'running' })
  await expect(getDataset({ ctx: suite.ctx, input: { project: 'p', dataset: 'killed' } })).rejects.toMatchObject({
    code: 'dataset_not_found',
  })
  worker = await work()
  const job = await endOf(body.id)
  expect(job).toMatchObject({ state: 'succeeded', attempts: 2 })
  expect(await getSnapshot({ ctx: suite.ctx, input: { snapshot: resultOf(job).snapshot_id } })).toMatchObject({
    row_count: 200_000,
  })
  // The links that the killed one made are swept with the rest.
  expect((await staged()).filter((name) => name.startsWith('ingest-'))).toEqual([])
})

test('an ingest of an upload tells its file', async () => {
  const { body } = await upload('told', 'told.csv', 'a,b\n1,2\n')
  const { ingest_id } = resultOf(await endOf(body.id))
  expect(await getIngest({ ctx: suite.ctx, input: { ingest: ingest_id } })).toMatchObject({
    source: { kind: 'upload', location: 'told.csv' },
    files_read: 1,
    rows_good: 1,
  })
})
