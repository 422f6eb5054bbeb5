import { type EventMessage, FabriqueError, FeatureDeclarations, ProjectDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import type { EventStream } from '../../../platform/index.js'
import { type JobHandler, type JobWorker, listJobs, startJobWorker } from '../../jobs/index.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from '../registry/apply-features.js'
import { dropUnserved } from './drop-unserved.js'
import { followSnapshots } from './follow-snapshots.js'
import { materializeDue } from './materialize-due.js'
import { materializeJob } from './materialize-job.js'
import type { OnlineStore } from './model.js'
import { postgresStore } from './postgres-store.js'
import { materializeJobKind } from './start-materialize.js'
import { onlineVersions } from './version-store.js'

let suite: TestContext
let worker: JobWorker
/** Called when a job has done all of its work, and before it ends. */
let beforeEnd: () => Promise<void> = () => Promise.resolve()
/** Failures of the store to come. */
let failures = 0
let isAway = false

type Listener = (events: readonly EventMessage[]) => void
const listeners = new Set<Listener>()
const noEvents: EventStream = {
  listen: () => () => {},
  subscribe: () => () => {},
  recentPosition: () => undefined,
  close: () => Promise.resolve(),
}

beforeAll(async () => {
  suite = await openTestContext()
  const real = postgresStore(suite.ctx.db)
  const store: OnlineStore = {
    ...real,
    write: (version, rows) => {
      if (isAway) {
        return Promise.reject(new FabriqueError('online_store_unavailable', { store: 'PostgreSQL', reason: 'test' }))
      }
      if (failures === 0) return real.write(version, rows)
      failures -= 1
      return Promise.reject(new Error('broken'))
    },
  }
  const waits = { attempts: 2, delayMs: 1, delayMsMax: 1 }
  const materialize = materializeJob({ store, findCode: () => undefined, waits })
  const handler: JobHandler = async (job) => {
    const result = await materialize(job)
    await beforeEnd()
    return result
  }
  worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events: noEvents,
    handlers: { [materializeJobKind]: handler },
    pollMs: 20,
  })
})
afterAll(async () => {
  await worker?.close()
  await suite?.close()
})

async function declare(project: string, more: object = {}): Promise<void> {
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
    feature_views: [
      {
        name: 'usage',
        entities: ['user'],
        source: { kind: 'dataset', dataset: 'usage' },
        time: 'day',
        features: [{ name: 'hours' }],
        ...more,
      },
    ],
  })
  await applyFeatures({ ctx: suite.ctx, input: { project, declarations } })
}

async function ingest(project: string, hours: number): Promise<string> {
  suite.clock.advance(60_000)
  const { id } = await makeSnapshot(suite.ctx, {
    project,
    dataset: 'usage',
    columns: { user_id: 'integer', day: 'timestamp', hours: 'integer' },
    parts: [`select 1 as user_id, timestamp '2026-03-01' + interval (${hours}) hour as day, ${hours} as hours`],
  })
  return id
}

const jobsOf = async (project: string) =>
  (await listJobs({ ctx: suite.ctx, input: { kind: materializeJobKind, project } })).items

const snapshotOnline = async (project: string) =>
  (await onlineVersions(suite.ctx, { project, view: 'usage' }))[0]?.snapshots?.usage

/** Tells followers of what was written since the last time, as the stream of events does. */
let told = 0
async function tell(): Promise<void> {
  const { rows } = await sql<EventMessage & { n: number }>`
    select id::float8 as n, id::text as id, kind, subject, payload, actor, at::text as at from events where id > ${told} order by id
  `.execute(suite.ctx.db)
  told = rows.at(-1)?.n ?? told
  for (const listener of listeners) listener(rows)
}

function follow(project: string): () => Promise<void> {
  const events = {
    subscribe(listener: Listener, _position?: string, onStart?: () => void) {
      listeners.add(listener)
      onStart?.()
      return () => void listeners.delete(listener)
    },
  }
  return followSnapshots(suite.ctx, events, [project])
}

const often = { interval: 20 }

test('views follow their data sets: what came before, what comes, and what comes when a job is about to end', async () => {
  const project = 'followed'
  await declare(project)
  const first = await ingest(project, 1)
  await tell()
  const stop = follow(project)
  await expect.poll(() => snapshotOnline(project), often).toBe(first)
  await expect.poll(async () => (await jobsOf(project)).map(({ state }) => state), often).toEqual(['succeeded'])

  // The job has looked for the last time: what comes now finds it open.
  let late = ''
  beforeEnd = async () => {
    beforeEnd = () => Promise.resolve()
    late = await ingest(project, 3)
    await writeCreated(project, late)
    await tell()
  }
  const second = await ingest(project, 2)
  await writeCreated(project, second)
  await tell()
  await expect
    .poll(async () => {
      await tell()
      return late !== '' && (await snapshotOnline(project)) === late
    }, often)
    .toBe(true)
  await expect
    .poll(async () => (await jobsOf(project)).filter(({ ended_at }) => ended_at === undefined), often)
    .toEqual([])
  expect((await jobsOf(project)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  await tell()
  await stop()
  // All of it is told, and nothing more was begun.
  expect(await jobsOf(project)).toHaveLength(3)
})

test('what failed is not begun again by its own end, but by the next snapshot', async () => {
  const project = 'failing'
  await declare(project)
  await ingest(project, 1)
  failures = 1
  const stop = follow(project)
  const states = async () => {
    await tell()
    return (await jobsOf(project)).map(({ state }) => state)
  }
  await expect.poll(states, often).toEqual(['failed'])
  await tell()
  const next = await ingest(project, 2)
  await writeCreated(project, next)
  await expect.poll(states, often).toEqual(['succeeded', 'failed'])
  expect(await snapshotOnline(project)).toBe(next)
  await stop()
  expect(await states()).toHaveLength(2)
})

test('what failed because the store was away is begun again until it is back', async () => {
  const project = 'away'
  await declare(project)
  const id = await ingest(project, 1)
  isAway = true
  const stop = follow(project)
  const failed = async () => {
    await tell()
    return (await jobsOf(project)).filter(({ error }) => error?.code === 'online_store_unavailable').length
  }
  await expect.poll(failed, often).toBeGreaterThan(1)
  expect(await snapshotOnline(project)).toBeUndefined()
  isAway = false
  await expect
    .poll(async () => {
      await tell()
      return snapshotOnline(project)
    }, often)
    .toBe(id)
  await stop()
})

/** An ingest writes it with the snapshot. */
async function writeCreated(project: string, snapshot: string): Promise<void> {
  await sql`insert into events (kind, subject, payload, actor, at) values ('snapshot.created', ${`snapshots/${snapshot}`},
    ${JSON.stringify({ project, dataset: 'usage', snapshot_id: snapshot })}, 'test', now())`.execute(suite.ctx.db)
}

test('the online values of a view that is taken away, or not kept online any more, go, but for those that models need', async () => {
  const { ctx } = suite
  const project = 'dropped'
  await declare(project)
  const id = await ingest(project, 1)
  const stop = follow(project)
  await expect.poll(() => snapshotOnline(project), often).toBe(id)
  await expect.poll(async () => (await jobsOf(project)).map(({ state }) => state), often).toEqual(['succeeded'])
  await stop()
  const store = postgresStore(ctx.db)
  const [online] = await onlineVersions(ctx, { project, view: 'usage' })
  const drop = (tools: object = {}) => dropUnserved(ctx, { store, ...tools }, project)
  expect(await drop()).toBe(0)
  await declare(project, { online: false })
  const pinnedServices = async () => [{ service: 'churn', version: 1 }]
  await declareService(project)
  expect(await drop({ pinnedServices })).toBe(0)
  expect(await store.count(online?.id ?? 0)).toBe(1)
  expect(await drop()).toBe(1)
  expect(await store.count(online?.id ?? 0)).toBe(0)
  expect(await onlineVersions(ctx, { project, view: 'usage' })).toEqual([])
  expect(await drop()).toBe(0)
})

/** A service that has the view at its version. */
async function declareService(project: string): Promise<void> {
  await sql`insert into feature_services (project, name, version, definition, views, digest, applied_at, applied_by)
    values (${project}, 'churn', 1, ${JSON.stringify({ name: 'churn', views: [{ view: 'usage' }], tags: {} })},
      ${JSON.stringify([{ view: 'usage', version: 1 }])}, 'd', now(), 'test')`.execute(suite.ctx.db)
}

test('a schedule is due once, whoever looks and however often it was missed', async () => {
  const project = 'scheduled'
  const hourly = { schedule: '0 * * * *', on_snapshot: false }
  await declare(project, hourly)
  await ingest(project, 1)
  const due = async () => (await materializeDue(suite.ctx, project)).length
  // It counts from when it is first seen.
  expect(await due()).toBe(0)
  suite.clock.advance(3_600_000)
  const looks = await Promise.all([due(), due(), due()])
  expect(looks.toSorted()).toEqual([0, 0, 1])
  expect(await due()).toBe(0)
  const ended = async () => (await jobsOf(project)).filter(({ state }) => state === 'succeeded').length
  await expect.poll(ended, often).toBe(1)
  suite.clock.advance(10 * 3_600_000)
  expect(await due()).toBe(1)
  await expect.poll(ended, often).toBe(2)
  expect(await due()).toBe(0)
  // Another schedule counts anew.
  await declare(project, { ...hourly, schedule: '0 0 * * *' })
  expect(await due()).toBe(0)
  suite.clock.advance(24 * 3_600_000)
  expect(await due()).toBe(1)
  await expect.poll(ended, often).toBe(3)
  // Without one nothing is due.
  await declare(project, { on_snapshot: false })
  suite.clock.advance(48 * 3_600_000)
  expect(await due()).toBe(0)
})
