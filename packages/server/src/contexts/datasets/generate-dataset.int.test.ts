import { ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { getJob, type JobWorker, startJobWorker } from '../jobs/index.js'
import { applyProject } from '../projects/index.js'
import { deleteSnapshot, generateDataset, ingest, ingestJob, ingestJobKind } from './index.js'

let suite: TestContext
let worker: JobWorker
beforeAll(async () => {
  suite = await openTestContext()
  worker = await startJobWorker({
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
})
afterAll(async () => {
  await worker?.close()
  await suite?.close()
})

async function apply(rows: number): Promise<void> {
  const definition = ProjectDefinition.parse({
    name: 'p',
    datasets: [
      { name: 'points', source: { kind: 'synthetic', generator: 'blobs', rows } },
      { name: 'file', source: { kind: 'csv', paths: ['file.csv'] } },
    ],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
}

async function generate(request: object): Promise<string> {
  suite.clock.advance(1000)
  const { job } = await generateDataset({ ctx: suite.ctx, input: { project: 'p', dataset: 'points', request } })
  const find = () => getJob({ ctx: suite.ctx, input: { job: job.id } })
  await expect.poll(async () => (await find()).state).toBe('succeeded')
  return ((await find()).result as { snapshot_id: string }).snapshot_id
}

async function take(full = false): Promise<{ id: string; rows: number; created: boolean }> {
  suite.clock.advance(1000)
  const { snapshot, created } = await ingest({ ctx: suite.ctx, input: { project: 'p', dataset: 'points', full } })
  return { id: snapshot.id, rows: snapshot.row_count, created }
}

test('what was generated is what later ingests find, until the declaration changes', async () => {
  await apply(100)
  const declared = await take()
  expect(declared).toMatchObject({ rows: 100, created: true })
  const generated = await generate({ rows: 40, seed: 5 })
  expect(await take()).toEqual({ id: generated, rows: 40, created: false })
  const other = await generate({ rows: 30 })
  expect(await take()).toEqual({ id: other, rows: 30, created: false })
  await apply(120)
  expect(await take()).toMatchObject({ rows: 120, created: true })
  // It is not back with the declaration that it stood beside.
  await apply(100)
  expect(await take()).toEqual({ id: declared.id, rows: 100, created: false })
})

test('and until everything is read again', async () => {
  await apply(200)
  await generate({ rows: 50 })
  expect(await take(true)).toMatchObject({ rows: 200 })
  expect(await take()).toMatchObject({ rows: 200, created: false })
})

test('the snapshot that was generated is in use as long as ingests find it', async () => {
  await apply(300)
  const generated = await generate({ rows: 60 })
  const erase = () => deleteSnapshot({ ctx: suite.ctx, input: { snapshot: generated } })
  await expect(erase()).rejects.toMatchObject({ code: 'snapshot_in_use' })
  await generate({})
  await erase()
  expect(await take()).toMatchObject({ rows: 300, created: false })
})

test('only rows of a synthetic source are generated', async () => {
  const ask = (dataset: string) =>
    generateDataset({ ctx: suite.ctx, input: { project: 'p', dataset, request: { rows: 3 } } })
  await expect(ask('file')).rejects.toMatchObject({ code: 'dataset_not_synthetic', params: { kind: 'csv' } })
  await expect(ask('none')).rejects.toMatchObject({ code: 'dataset_not_found' })
  await expect(
    generateDataset({
      ctx: suite.ctx,
      input: { project: 'p', dataset: 'points', request: { features: 1 }, columns: ['feature_0', 'feature_1'] },
    }),
  ).rejects.toMatchObject({ code: 'invalid_request', field: 'features' })
})
