import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { FeatureDeclarations, isFabriqueError, type Job, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import type { EventStream, VerbContext } from '../../../platform/index.js'
import { listSnapshots, previewSnapshot } from '../../datasets/index.js'
import { cancelJob, getJob, type JobHandler, startJobWorker } from '../../jobs/index.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from '../registry/apply-features.js'
import { historicalJob } from './make-training-set.js'
import { historicalJobKind, startHistorical } from './start-historical.js'

const program = fileURLToPath(new URL('../../../../test/support/historical-process.mjs', import.meta.url))

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

/** The worker looks for jobs by itself. */
const quiet: EventStream = {
  listen: () => () => {},
  subscribe: () => () => {},
  recentPosition: () => undefined,
  close: () => Promise.resolve(),
}

async function ask(project: string): Promise<Job> {
  const { ctx } = suite
  const source = { kind: 'csv', paths: ['x.csv'] }
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: ['usage', 'labels'].map((name) => ({ name, source })),
    models: [],
  })
  await applyProject({ ctx, input: { folder: suite.folder, definition } })
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
    feature_views: [
      {
        name: 'usage',
        entities: ['user'],
        source: { kind: 'dataset', dataset: 'usage' },
        time: 'day',
        features: [{ name: 'hours' }],
        derived: [{ name: 'said', type: 'text', inputs: ['hours'], code: 'v1' }],
      },
    ],
  })
  await applyFeatures({ ctx, input: { project, declarations } })
  const rows = (start: string, more: string) =>
    `select i % 100 as user_id, timestamp '${start}' + interval (i) minute as day${more} from range(2000) t (i)`
  await makeSnapshot(ctx, {
    project,
    dataset: 'usage',
    columns: { user_id: 'integer', day: 'timestamp', hours: 'number' },
    parts: [rows('2026-03-01', ', i::double as hours')],
  })
  await makeSnapshot(ctx, {
    project,
    dataset: 'labels',
    columns: { user_id: 'integer', day: 'timestamp' },
    parts: [rows('2026-03-03', '')],
  })
  const entities = { snapshot: 'labels', time: 'day' }
  const request = { features: ['usage'], entities, into: 'set' }
  return startHistorical({ ctx, input: { project, request } })
}

const found = (job: Job) => getJob({ ctx: suite.ctx, input: { job: job.id } })

async function ended(job: Job): Promise<Job> {
  await expect.poll(async () => !['queued', 'running'].includes((await found(job)).state), { interval: 20 }).toBe(true)
  return found(job)
}

/** The snapshots that are there; of a data set that nobody has made, none. */
async function snapshotsOf(project: string): Promise<readonly { readonly id: string; readonly row_count: number }[]> {
  try {
    return (await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'set', limit: 10 } })).items
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'dataset_not_found') return []
    throw error
  }
}

async function leftOf(job: Job): Promise<readonly string[]> {
  return (await readdir(suite.ctx.blobs.stagingFolder)).filter((name) => name.includes(job.id))
}

const code = () => ({ digest: 'v1', run: ({ hours }: Readonly<Record<string, unknown>>) => `${hours}h` })

async function openWorker(ctx: VerbContext, handler: JobHandler): Promise<void> {
  const worker = await startJobWorker({
    ctx,
    url: suite.database.url,
    events: quiet,
    handlers: { [historicalJobKind]: handler },
    pollMs: 20,
  })
  onTestFinished(() => worker.close())
}

test('a worker killed at any moment leaves nothing half done, and the next one makes the set', async () => {
  const job = await ask('killed')
  for (const moment of ['derive', 'written', 'adopted']) {
    const args = [program, suite.database.url, suite.folder, moment]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const gone = once(child, 'exit')
    expect(String((await once(child.stdout, 'data'))[0])).toBe(`${moment}\n`)
    expect((await found(job)).state).toBe('running')
    child.kill('SIGKILL')
    await gone
    expect(await snapshotsOf('killed')).toEqual([])
  }
  await openWorker(suite.ctx, historicalJob({ code }))
  expect(await ended(job)).toMatchObject({ state: 'succeeded', attempts: 4, result: { rows: 2000, is_new: true } })
  const snapshots = await snapshotsOf('killed')
  expect(snapshots).toMatchObject([{ row_count: 2000 }])
  const { rows } = await previewSnapshot({ ctx: suite.ctx, input: { snapshot: snapshots[0]?.id ?? '', limit: 500 } })
  expect(rows).toHaveLength(500)
  expect(rows.every(([user, , hours, said]) => Number(hours) % 100 === Number(user) && said === `${hours}h`)).toBe(true)
  expect(await leftOf(job)).toEqual([])
})

test.each(['begun', 'written', 'adopted'])(
  'a job that is cancelled at the moment of %s makes no snapshot',
  async (moment) => {
    const project = `cancelled-${moment}`
    const job = await ask(project)
    let signal: AbortSignal | undefined
    /** Asks for the end, and goes on once the job has heard of it. */
    const cancel = async () => {
      const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }))
      await cancelJob({ ctx: suite.ctx, input: { job: job.id } })
      await aborted
    }
    const { blobs } = suite.ctx
    const slow: VerbContext = {
      ...suite.ctx,
      blobs: {
        ...blobs,
        async adopt(path) {
          if (moment === 'written') await cancel()
          const blob = await blobs.adopt(path)
          if (moment === 'adopted') await cancel()
          return blob
        },
      },
    }
    const make = historicalJob({ code })
    await openWorker(slow, async (running) => {
      signal = running.ctx.signal
      if (moment === 'begun') await cancel()
      return make(running)
    })
    expect(await ended(job)).toMatchObject({ state: 'cancelled' })
    expect(await snapshotsOf(project)).toEqual([])
    expect(await leftOf(job)).toEqual([])
  },
)
