import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { addFiles, getSnapshot, openFile, readCollection } from '../datasets/index.js'
import { pullSnapshots, pushSnapshots, putRemote } from './index.js'

/**
 * How often a process that adds, pushes or pulls is killed with `kill -9`, at moments spread over its run: in the suite of foreign clients.
 * What is over before it is killed is done once more when no other was killed at work.
 */
const kills = Number(process.env.TEST_KILLS ?? 0)
const drill = test.skipIf(kills === 0)
const program = fileURLToPath(new URL('../../../test/support/sharing-process.mjs', import.meta.url))

let here: TestContext
let there: TestContext
beforeAll(async () => {
  here = await openTestContext()
  there = await openTestContext()
  for (const { ctx } of [here, there]) {
    await putRemote({ ctx, input: { remote: 'origin', url: join(here.folder, 'remote') } })
  }
})
afterAll(async () => {
  await here?.close()
  await there?.close()
})

interface Run {
  readonly child: ChildProcess
  /** Resolves once the work begins. */
  readonly ready: Promise<void>
  /** True where it came to its end. */
  readonly ended: Promise<boolean>
}

function run(suite: TestContext, verb: 'add' | 'push' | 'pull', input: object): Run {
  const args = [program, suite.database.url, suite.folder, verb, JSON.stringify(input)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
  const ended = new Promise<boolean>((resolve) => child.once('exit', (code) => resolve(code === 0)))
  return { child, ready, ended }
}

/** How long one run takes from its beginning; milliseconds. */
async function lengthOf(started: Run): Promise<number> {
  await started.ready
  const began = performance.now()
  expect(await started.ended).toBe(true)
  return performance.now() - began
}

/** Kills a run after a share of its length; true where it was still at work. */
async function killAt(started: Run, ms: number): Promise<boolean> {
  await started.ready
  await after(ms)
  started.child.kill('SIGKILL')
  return !(await started.ended)
}

/** Random numbers from 0 to 1 that are the same in every run of the test. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function folderWith(name: string): Promise<string> {
  const folder = await mkdtemp(join(here.folder, `${name}-`))
  await mkdir(join(folder, 'many'))
  for (let at = 0; at < 400; at += 1) await writeFile(join(folder, 'many', `${at}.txt`), `${name} ${at}`)
  for (let at = 0; at < 30; at += 1) {
    await writeFile(join(folder, `large-${at}.bin`), Buffer.alloc(300_000 + at, `${name} ${at}`))
  }
  return folder
}

const add = async (dataset: string, path: string) =>
  (await addFiles({ ctx: here.ctx, input: { project: 'p', dataset, path, location: path } })).snapshot

async function snapshotsOf({ ctx }: TestContext, dataset: string): Promise<readonly Snapshot[]> {
  const { rows } = await sql<{ id: string }>`select id from snapshots where dataset = ${dataset}`.execute(ctx.db)
  return Promise.all(rows.map(({ id }) => getSnapshot({ ctx, input: { snapshot: id } })))
}

/** Whatever is visible is whole. */
async function expectWhole({ ctx }: TestContext, snapshot: Snapshot): Promise<void> {
  const files = await readCollection(ctx, snapshot)
  expect(files).toHaveLength(430)
  for (const { path, bytes } of files) {
    let seen = 0
    for await (const chunk of (await openFile(ctx, snapshot, path)).content) seen += (chunk as Buffer).length
    expect(seen).toBe(bytes)
  }
}

/** Every description on the remote names only what is there, whole. */
async function expectWholeRemote(): Promise<readonly string[]> {
  const root = join(here.folder, 'remote')
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.json'))
  for (const name of names) {
    const { blobs } = JSON.parse(await readFile(join(root, name), 'utf8')) as {
      blobs: { sha256: string; bytes: number }[]
    }
    for (const { sha256, bytes } of blobs) {
      const found = await stat(join(root, 'blobs', sha256.slice(0, 2), sha256.slice(2)))
      expect(found.size).toBe(bytes)
    }
  }
  return names
}

/** Where in the work it is killed, from 0 to 1: spread over the whole, the first ones early. */
const momentOf = (round: number, random: () => number) => ((round % 5) + random()) / 5

drill('a killed add leaves no half snapshot, and the next one completes', { timeout: 600_000 }, async () => {
  const path = await folderWith('added')
  const input = (dataset: string) => ({ project: 'p', dataset, path, location: path })
  // What ends before it is killed is killed earlier the next time.
  let lengthMs = await lengthOf(run(here, 'add', input('measured')))
  const random = seeded(1)
  let killed = 0
  for (let round = 0; round < kills || killed === 0; round += 1) {
    await sql`truncate file_states`.execute(here.ctx.db)
    if (await killAt(run(here, 'add', input(`a${round}`)), momentOf(round, random) * lengthMs)) killed += 1
    else lengthMs *= 0.7
    for (const snapshot of await snapshotsOf(here, `a${round}`)) await expectWhole(here, snapshot)
    const snapshot = await add(`a${round}`, path)
    if (round % 5 === 0) await expectWhole(here, snapshot)
  }
})

drill('a killed push shows nothing half, and the next one completes', { timeout: 600_000 }, async () => {
  await add('measure', await folderWith('measured push'))
  const input = (dataset: string) => ({ remote: 'origin', project: 'p', dataset, threads: 2 })
  let lengthMs = await lengthOf(run(here, 'push', input('measure')))
  const random = seeded(2)
  let killed = 0
  for (let round = 0; round < kills || killed === 0; round += 1) {
    const dataset = `push${round}`
    const { id } = await add(dataset, await folderWith(`push ${round}`))
    if (await killAt(run(here, 'push', input(dataset)), momentOf(round, random) * lengthMs)) killed += 1
    else lengthMs *= 0.7
    await expectWholeRemote()
    await pushSnapshots({ ctx: here.ctx, input: input(dataset) })
    expect(await expectWholeRemote()).toContain(join('snapshots', 'p', dataset, `${id}.json`))
  }
})

drill('a killed pull leaves no half snapshot, and the next one completes', { timeout: 600_000 }, async () => {
  const input = (dataset: string) => ({ remote: 'origin', project: 'p', dataset, threads: 2 })
  let lengthMs = await lengthOf(run(there, 'pull', input('measure')))
  const random = seeded(3)
  let killed = 0
  for (let round = 0; round < kills || killed === 0; round += 1) {
    const dataset = `push${round}`
    if ((await snapshotsOf(here, dataset)).length === 0) {
      await add(dataset, await folderWith(`pull ${round}`))
      await pushSnapshots({ ctx: here.ctx, input: input(dataset) })
    }
    // The same name of the work, as a job that is begun again has: what was fetched in part is taken up.
    const request = `job_${round}`
    if (await killAt(run(there, 'pull', { ...input(dataset), request }), momentOf(round, random) * lengthMs))
      killed += 1
    else lengthMs *= 0.7
    for (const snapshot of await snapshotsOf(there, dataset)) await expectWhole(there, snapshot)
    await pullSnapshots({ ctx: { ...there.ctx, requestId: request }, input: input(dataset) })
    const [snapshot] = await snapshotsOf(there, dataset)
    const [wanted] = await snapshotsOf(here, dataset)
    expect(snapshot).toEqual(wanted)
    if (snapshot !== undefined) await expectWhole(there, snapshot)
    expect((await readdir(there.ctx.blobs.stagingFolder)).filter((name) => name.includes(request))).toEqual([])
  }
})
