import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { FeatureDeclarations, type Job, ProjectDefinition } from '@fabrique/contract'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import type { EventStream } from '../../../platform/index.js'
import { getJob, startJobWorker } from '../../jobs/index.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from '../registry/apply-features.js'
import { encodeKey } from './encode-key.js'
import { materializeJob } from './materialize-job.js'
import type { OnlineStore } from './model.js'
import { openOnlineStore } from './open-online-store.js'
import { materializeJobKind, startMaterialize } from './start-materialize.js'
import { decodeSteps } from './steps.js'
import { numberVersion, onlineVersions } from './version-store.js'

/**
 * How often a worker that materialises is killed with `kill -9`, at moments spread over its work, for each store: in the suite of foreign
 * clients. `interrupted.int.test.ts` does the same at chosen moments, without a process.
 */
const kills = Number(process.env.TEST_KILLS ?? 0)
const redis = process.env.TEST_REDIS_URL ?? ''
const users = 60_000
/** As in the process: four parts. */
const bucketRows = 15_000
const program = fileURLToPath(new URL('../../../../test/support/materialize-process.mjs', import.meta.url))
const project = 'killed'
const hourUs = 3_600_000_000
const base = Date.UTC(2026, 2, 1) * 1_000

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

interface Worker {
  readonly child: ChildProcess
  /** Resolves once it looks for jobs. */
  readonly ready: Promise<void>
  readonly exited: Promise<void>
}

function startWorker({ database, folder }: TestContext, address: string): Worker {
  const child = spawn(process.execPath, [program, database.url, folder, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
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

async function declare({ ctx, folder }: TestContext): Promise<void> {
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx, input: { folder, definition } })
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
    feature_views: [
      {
        name: 'usage',
        entities: ['user'],
        source: { kind: 'dataset', dataset: 'usage' },
        time: 'at',
        features: [{ name: 'hour' }],
      },
    ],
  })
  await applyFeatures({ ctx, input: { project, declarations } })
}

/** The hour of the event that a snapshot has of a user: newer than before for a third of them, and older for the others. */
const hourOf = (round: number, user: number) => ((user + round) % 3 === 0 ? round : Math.max(0, round - 2))

async function snapshot({ ctx, clock }: TestContext, round: number): Promise<void> {
  clock.advance(60_000)
  await makeSnapshot(ctx, {
    project,
    dataset: 'usage',
    columns: { user_id: 'integer', at: 'timestamp', hour: 'integer' },
    parts: [
      `select user_id, make_timestamp(${base} + hour * ${hourUs}) as at, hour from (
        select i as user_id, case when (i + ${round}) % 3 = 0 then ${round} else greatest(0, ${round} - 2) end as hour
        from range(${users}) t (i))`,
    ],
  })
}

const sample = Array.from({ length: 1_000 }, (_, index) => index * 60)
/** Who gets newer values from an application meanwhile: some of the first, and of the last keys. */
const pushedUsers = sample.filter((user) => user % 7 === 0)

/** The hours of the events that the sampled users have online; each row is of one event. */
async function hoursOnline(store: OnlineStore, version: number): Promise<readonly (number | undefined)[]> {
  const [found = []] = await store.read([{ version, keys: sample.map((user) => encodeKey([user])) }])
  return found.map((text) => {
    if (text === undefined) return undefined
    const [step] = decodeSteps(text)
    const hour = Number(step?.values[0])
    expect(step?.eventUs).toBe(base + hour * hourUs)
    return hour
  })
}

async function endOf({ ctx }: TestContext, job: Job): Promise<Job> {
  for (;;) {
    const found = await getJob({ ctx, input: { job: job.id } })
    if (found.state !== 'queued' && found.state !== 'running') return found
    await after(20)
  }
}

async function drill(suite: TestContext, address: string): Promise<void> {
  const { ctx } = suite
  const store = await openOnlineStore(ctx.db, address)
  onTestFinished(() => store.close())
  await declare(suite)
  const online = await numberVersion(ctx, { project, view: 'usage', version: 1 })
  const best = sample.map(() => -1)
  const keep = (place: number, hour: number) => {
    best[place] = Math.max(best[place] ?? -1, hour)
  }
  const ask = () => startMaterialize({ ctx, input: { project, request: { views: ['usage'] } } })
  const random = seeded(7)
  let lengthMs = 0
  let killed = 0
  let before = await hoursOnline(store, online.id)
  const look = async () => {
    const now = await hoursOnline(store, online.id)
    now.forEach((hour, place) => {
      const was = before[place]
      if (was !== undefined) expect(hour ?? -1).toBeGreaterThanOrEqual(was)
    })
    before = now
  }
  for (let round = 0; killed < kills; round += 1) {
    await snapshot(suite, round)
    const job = await ask()
    const worker = startWorker(suite, address)
    await worker.ready
    const began = performance.now()
    if (round === 0) {
      // Nothing is killed yet: so long it takes.
      expect(await endOf(suite, job)).toMatchObject({ state: 'succeeded' })
      lengthMs = performance.now() - began
      await kill(worker)
    } else {
      // Spread over the whole, the first ones early.
      await after((((round % 5) + random()) / 5) * lengthMs)
      const rows = pushedUsers.map((user) => ({
        key: encodeKey([user]),
        eventUs: base + (round + 1) * hourUs,
        createdUs: 0,
        steps: `[[${base + (round + 1) * hourUs},${base + (round + 1) * hourUs},[${round + 1}]]]`,
      }))
      if (round % 2 === 0) {
        await store.write(online.id, rows)
        for (const user of pushedUsers) keep(sample.indexOf(user), round + 1)
      }
      await kill(worker)
      const found = await getJob({ ctx, input: { job: job.id } })
      if (found.state !== 'succeeded') killed += 1
      // The first run was a slow one: later ones are killed earlier.
      else lengthMs *= 0.7
    }
    await look()
    const next = await startJobWorker({
      ctx,
      url: suite.database.url,
      events: quiet,
      handlers: { [materializeJobKind]: materializeJob({ store, findCode: () => undefined, bucketRows }) },
      pollMs: 50,
    })
    expect(await endOf(suite, job)).toMatchObject({ state: 'succeeded' })
    await next.close()
    sample.forEach((user, place) => {
      keep(place, hourOf(round, user))
    })
    await look()
    expect(before).toEqual(best)
    expect(await store.count(online.id)).toBe(users)
  }
  const [version] = await onlineVersions(ctx, { project, view: 'usage' })
  expect(version?.keys).toBe(users)
}

describe.runIf(kills > 0)('a killed materialisation never shows an older value over a newer one', () => {
  const stores = [['postgresql', ''] as const, ...(redis === '' ? [] : [['redis', redis] as const])]
  test.each(stores)('%s', { timeout: 900_000 }, async (kind, address) => {
    const suite = await openTestContext()
    onTestFinished(() => suite.close())
    const prefix = `fabrique-kills-${process.pid}-${process.hrtime.bigint()}`
    await drill(suite, kind === 'redis' ? `${address}?prefix=${prefix}` : '')
  })
})
