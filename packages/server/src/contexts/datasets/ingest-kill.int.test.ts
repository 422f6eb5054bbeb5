import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Job, ProjectDefinition, type Snapshot } from '@fabrique/contract'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import type { EventStream } from '../../platform/index.js'
import { getJob, startJobWorker } from '../jobs/index.js'
import { applyProject } from '../projects/index.js'
import { getSnapshot, ingestJob, ingestJobKind, listIngests, listSnapshots, startIngest, useSnapshot } from './index.js'

/**
 * How often a worker that ingests is killed with `kill -9`, at moments spread over its work: in the suite of foreign clients. What is over
 * before it is killed is done once more when no other was killed at work.
 */
const kills = Number(process.env.TEST_KILLS ?? 0)
const goodRows = 25_000
const program = fileURLToPath(new URL('../../../test/support/ingest-process.mjs', import.meta.url))

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

interface Worker {
  readonly child: ChildProcess
  /** Resolves once it looks for jobs. */
  readonly ready: Promise<void>
  readonly exited: Promise<void>
}

function startWorker(): Worker {
  const args = [program, suite.database.url, suite.folder]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    ready: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    exited: new Promise((resolve) => child.once('exit', () => resolve())),
  }
}

async function kill({ child, exited }: Worker): Promise<void> {
  child.kill('SIGKILL')
  await exited
}

/** The worker looks for jobs by itself. */
const quiet: EventStream = {
  listen: () => () => {},
  subscribe: () => () => {},
  recentPosition: () => undefined,
  close: () => Promise.resolve(),
}

/** Random numbers from 0 to 1 that are the same in every run of the test. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A file with good rows, and two that are set aside, so that both ways of reading are gone through. */
const month = (number: number) =>
  [
    'id,size,note',
    ...Array.from({ length: goodRows }, (_, row) => `${number * goodRows + row},${row / 2},month ${number}`),
    'none,1,x',
    '1,2',
    '',
  ].join('\n')

async function projectOf(name: string): Promise<void> {
  const folder = join(suite.folder, name)
  await mkdir(folder)
  const dataset = {
    name: 'data',
    source: { kind: 'csv', paths: ['*.csv'] },
    columns: { id: { type: 'integer' }, size: { type: 'number' } },
    bad_rows: { mode: 'warn' },
  }
  const definition = ProjectDefinition.parse({ name, datasets: [dataset], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
}

const ask = (project: string) => startIngest({ ctx: suite.ctx, input: { project, dataset: 'data' } })

async function endOf(job: Job): Promise<Job> {
  for (;;) {
    const found = await getJob({ ctx: suite.ctx, input: { job: job.id } })
    if (found.state !== 'queued' && found.state !== 'running') return found
    await after(20)
  }
}

const snapshotsOf = async (project: string): Promise<readonly Snapshot[]> =>
  (await listSnapshots({ ctx: suite.ctx, input: { project, dataset: 'data', limit: 100 } })).items

async function expectWhole(snapshot: Snapshot): Promise<void> {
  const count = await useSnapshot(suite.ctx, snapshot, async (connection, table) =>
    Number((await connection.runAndReadAll(`select count(*)::double from ${table}`)).value(0, 0)),
  )
  expect(count).toBe(snapshot.row_count)
  expect(snapshot.parts.reduce((sum, part) => sum + part.row_count, 0)).toBe(snapshot.row_count)
}

test.skipIf(kills === 0)(
  'a killed ingest leaves no half snapshot, and the next worker completes it',
  { timeout: 600_000 },
  async () => {
    await projectOf('measured')
    for (const number of [0, 1]) await writeFile(join(suite.folder, 'measured', `m${number}.csv`), month(number))
    const measured = await ask('measured')
    const first = startWorker()
    await first.ready
    const began = performance.now()
    expect(await endOf(measured)).toMatchObject({ state: 'succeeded' })
    let lengthMs = performance.now() - began
    await kill(first)

    await projectOf('killed')
    const random = seeded(7)
    const seen = new Set<string>()
    let killed = 0
    let rounds = 0
    for (; rounds < kills || killed === 0; rounds += 1) {
      const round = rounds
      // The first two files are corrected each time, so that parts are kept, replaced and new.
      for (const number of [round % 2, round + 2]) {
        await writeFile(join(suite.folder, 'killed', `m${number}.csv`), month(number + 100 * round))
      }
      const job = await ask('killed')
      const worker = startWorker()
      await worker.ready
      // Spread over the whole, the first ones early.
      await after((((round % 5) + random()) / 5) * lengthMs)
      await kill(worker)
      const found = await getJob({ ctx: suite.ctx, input: { job: job.id } })
      if (found.state !== 'succeeded') killed += 1
      // The first run was a slow one: later ones are killed earlier.
      else lengthMs *= 0.7
      for (const snapshot of await snapshotsOf('killed')) {
        if (!seen.has(snapshot.id)) await expectWhole(snapshot)
        seen.add(snapshot.id)
      }
      const next = await startJobWorker({
        ctx: suite.ctx,
        url: suite.database.url,
        events: quiet,
        handlers: { [ingestJobKind]: ingestJob({}) },
        pollMs: 50,
      })
      const ended = await endOf(job)
      await next.close()
      expect(ended).toMatchObject({ state: 'succeeded' })
      const { snapshot_id } = z.object({ snapshot_id: z.string() }).parse(ended.result)
      const snapshot = await getSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot_id } })
      const files = (await readdir(join(suite.folder, 'killed'))).length
      expect(snapshot.row_count).toBe(files * goodRows)
      await expectWhole(snapshot)
      expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
    }
    const { items } = await listIngests({ ctx: suite.ctx, input: { project: 'killed', dataset: 'data', limit: 100 } })
    // A worker may die after its snapshot was committed and before its job was: then it is ingested once more, and nothing is new.
    const succeeded = items.filter(({ state }) => state === 'succeeded')
    expect(succeeded.filter(({ is_new }) => is_new)).toHaveLength(rounds)
    expect(succeeded.length).toBeGreaterThanOrEqual(rounds)
    expect(items.filter(({ state }) => state === 'running')).toEqual([])
  },
)
