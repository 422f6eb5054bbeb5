import http from 'node:http'
import type { RunStreamMessage } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeTestApp } from '../../../test/support/test-app.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import {
  type Database,
  type EventStream,
  listen,
  openDatabase,
  openEventStream,
  silentLog,
} from '../../platform/index.js'
import { createRun, deleteRun, ensureExperiment, logBatch, logMetric, mountRunStream, updateRun } from './index.js'
import { parseFeedPosition } from './run-feed.js'
import { readHorizon } from './run-feed-store.js'
import { mountRunSearch } from './search-routes.js'

interface Server {
  readonly app: FastifyInstance
  readonly database: Database
  readonly events: EventStream
  readonly port: number
}

let suite: TestContext
const servers: Server[] = []

/** One of several servers on one database, as separate processes would be. */
async function openServer(): Promise<Server> {
  const url = suite.database.url
  const database = openDatabase({ url, applicationName: 'fabrique-server', onError: () => {} })
  const events = openEventStream({
    db: database.db,
    url,
    applicationName: 'fabrique-events',
    log: silentLog,
    pollMs: 200,
  })
  const ctx = { ...suite.ctx, db: database.db }
  const modelVersionsOf = async () => new Map()
  const app = await makeTestApp(ctx, (routes) => {
    mountRunStream(routes, { contextOf: () => ctx, modelVersionsOf, events })
    mountRunSearch(routes, () => ctx, modelVersionsOf)
  })
  const port = await listen(app, '127.0.0.1', 0)
  return { app, database, events, port }
}

beforeAll(async () => {
  suite = await openTestContext()
  servers.push(await openServer(), await openServer())
})
afterAll(async () => {
  for (const { app, database, events } of servers) {
    app.server.closeAllConnections()
    await app.close()
    await events.close()
    await database.close()
  }
  await suite?.close()
})

/** Reads a stream as a browser does: messages, and the id of the last block. */
class Reader {
  readonly messages: RunStreamMessage[] = []
  lastId = ''
  status: number | undefined
  isEnded = false
  readonly #request: http.ClientRequest
  #rest = ''

  constructor(server: number, query: string, lastId?: string) {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
    const port = servers[server]?.port
    this.#request = http.get({ port, path: `/api/v1/runs/live?${query}`, headers }, (response) => {
      this.status = response.statusCode
      response.setEncoding('utf8')
      response.on('data', (text: string) => this.#read(text))
      response.on('close', () => {
        this.isEnded = true
      })
    })
    this.#request.on('error', () => {
      this.isEnded = true
    })
    readers.push(this)
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) {
      for (const line of block.split('\n')) {
        if (line.startsWith('data: ')) this.messages.push(JSON.parse(line.slice(6)))
        if (line.startsWith('id: ')) this.lastId = line.slice(4)
      }
    }
  }

  close(): void {
    this.#request.destroy()
  }

  /** The newest value of a metric that was read. */
  newest(run_id: string, key: string) {
    let found: { readonly value: unknown; readonly count?: number | undefined } | undefined
    for (const message of this.messages) {
      if (message.kind === 'run' && message.run.id === run_id) found = message.run.metrics[key] ?? found
      if (message.kind === 'metrics' && message.run_id === run_id) found = message.metrics[key] ?? found
    }
    return found
  }
}

const readers: Reader[] = []
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})

async function newRun(experiment_id = '0'): Promise<string> {
  return (await createRun({ ctx: suite.ctx, input: { experiment_id } })).info.run_id
}

const log = (run_id: string, step: number, key = 'loss') =>
  logMetric({ ctx: suite.ctx, input: { run_id, key, value: step, timestamp: step, step } })

const soon = { interval: 20 }

/**
 * Waits until every transaction that began before has ended, also those of other databases of the server, such as autovacuum's:
 * streams repeat what is no older than the oldest open one. Gives the number that all later transactions reach.
 */
async function settled(): Promise<bigint> {
  const { rows } = await sql<{
    readonly tx: string
  }>`select pg_snapshot_xmax(pg_current_snapshot())::text as tx`.execute(suite.ctx.db)
  const tx = BigInt(rows[0]?.tx ?? 0)
  await expect.poll(async () => BigInt((await readHorizon(suite.ctx.db)).tx) >= tx, soon).toBe(true)
  return tx
}

test('a reader gets the runs as they are, then what changes, from whichever server', async () => {
  const [run_id, other] = [await newRun(), await newRun()]
  await log(run_id, 1)
  const reader = new Reader(1, `run_ids=${run_id},missing`)
  await expect.poll(() => reader.newest(run_id, 'loss'), soon).toMatchObject({ value: 1, count: 1 })
  await log(run_id, 2)
  await log(other, 2)
  await expect.poll(() => reader.newest(run_id, 'loss'), soon).toMatchObject({ value: 2, count: 2 })
  await updateRun({ ctx: suite.ctx, input: { run_id, status: 'FINISHED', end_time: 9 } })
  const states = () => reader.messages.flatMap((message) => (message.kind === 'run' ? [message.run.status] : []))
  await expect.poll(states, soon).toContain('FINISHED')
  await deleteRun({ ctx: suite.ctx, input: { run_id } })
  const deleted = () => reader.messages.some((message) => message.kind === 'run' && message.run.is_deleted === true)
  await expect.poll(deleted, soon).toBe(true)
  const ids = new Set(reader.messages.map((message) => (message.kind === 'run' ? message.run.id : message.run_id)))
  expect([...ids]).toEqual([run_id])
})

test('messages are gathered: many writes are few messages, and none is repeated', async () => {
  const run_id = await newRun()
  const reader = new Reader(0, `run_ids=${run_id}`)
  await expect.poll(() => reader.messages.length, soon).toBeGreaterThan(0)
  const before = reader.messages.length
  const started = performance.now()
  for (let step = 1; step <= 300; step += 1) await log(run_id, step)
  await expect.poll(() => reader.newest(run_id, 'loss'), soon).toMatchObject({ value: 300, count: 300 })
  const metrics = reader.messages.slice(before).filter(({ kind }) => kind === 'metrics')
  expect(metrics.length).toBeLessThanOrEqual(2 + (performance.now() - started) / 400)
  const texts = metrics.map((message) => JSON.stringify(message))
  expect(new Set(texts).size).toBe(texts.length)
})

test('the runs of an experiment are followed from now on, new ones too', async () => {
  const { experiment_id } = await ensureExperiment({ ctx: suite.ctx, input: { name: 'followed' } })
  const old = await newRun(experiment_id)
  await log(old, 1)
  await settled()
  const reader = new Reader(1, `experiment_id=${experiment_id}`)
  await expect.poll(() => reader.lastId, soon).not.toBe('')
  expect(reader.messages).toEqual([])
  const fresh = await newRun(experiment_id)
  await log(fresh, 5, 'acc')
  await log(await newRun(), 5, 'acc')
  await expect.poll(() => reader.newest(fresh, 'acc'), soon).toMatchObject({ value: 5 })
  await log(old, 2)
  await expect.poll(() => reader.newest(old, 'loss'), soon).toMatchObject({ value: 2 })
  const runs = new Set(reader.messages.map((message) => (message.kind === 'run' ? message.run.id : message.run_id)))
  expect([...runs].sort()).toEqual([old, fresh].sort())
})

test('a reader that starts where a search was gets all that the search does not hold', async () => {
  const { experiment_id } = await ensureExperiment({ ctx: suite.ctx, input: { name: 'searched' } })
  const known = await newRun(experiment_id)
  await log(known, 1)
  const search = async (body: object) =>
    (
      await servers[1]?.app.inject({
        method: 'POST',
        url: '/api/v1/runs/search',
        payload: { experiment_ids: [experiment_id], ...body },
      })
    )?.json()
  expect(await search({})).not.toHaveProperty('position')
  const { items, position } = await search({ with_position: true })
  expect(items.map(({ id }: { id: string }) => id)).toEqual([known])
  // All of this happens before the stream is asked for.
  const fresh = await newRun(experiment_id)
  await log(fresh, 5, 'acc')
  await log(known, 2)
  const reader = new Reader(0, `experiment_id=${experiment_id}&position=${encodeURIComponent(position)}`)
  await expect.poll(() => reader.newest(fresh, 'acc'), soon).toMatchObject({ value: 5 })
  await expect.poll(() => reader.newest(known, 'loss'), soon).toMatchObject({ value: 2 })
})

test('a reader that comes back, to another server, gets what it missed and nothing older', async () => {
  const { experiment_id } = await ensureExperiment({ ctx: suite.ctx, input: { name: 'resumed' } })
  const [quiet, busy] = [await newRun(experiment_id), await newRun(experiment_id)]
  for (const query of [`experiment_id=${experiment_id}`, `run_ids=${quiet},${busy}`]) {
    const reader = new Reader(0, query)
    await expect.poll(() => reader.lastId, soon).not.toBe('')
    await log(quiet, 1)
    await expect.poll(() => reader.newest(quiet, 'loss'), soon).toBeDefined()
    // A place after the message comes with the next look, so that it is not sent again.
    const tx = await settled()
    const isPast = () => BigInt(parseFeedPosition(reader.lastId)?.tx ?? 0) >= tx
    await expect.poll(isPast, soon).toBe(true)
    reader.close()
    await log(busy, Date.now())
    await updateRun({ ctx: suite.ctx, input: { run_id: busy, run_name: `name ${query}` } })
    const again = new Reader(1, query, reader.lastId)
    await expect.poll(() => again.newest(busy, 'loss'), soon).toBeDefined()
    const names = () => again.messages.flatMap((message) => (message.kind === 'run' ? [message.run.name] : []))
    await expect.poll(names, soon).toContain(`name ${query}`)
    expect(again.newest(quiet, 'loss')).toBeUndefined()
    again.close()
  }
})

test('nothing is missed of a transaction that was open while others were read', async () => {
  const { experiment_id } = await ensureExperiment({ ctx: suite.ctx, input: { name: 'late' } })
  const [late, quick] = [await newRun(experiment_id), await newRun(experiment_id)]
  await log(late, 0)
  const client = new pg.Client(suite.database.url)
  await client.connect()
  await client.query('begin')
  await client.query(
    `update metric_series set last_value = 77, last_step = 77, changed_tx = pg_current_xact_id() where run_id = $1`,
    [late],
  )
  const reader = new Reader(0, `experiment_id=${experiment_id}`)
  await expect.poll(() => reader.lastId, soon).not.toBe('')
  await log(quick, 1)
  await expect.poll(() => reader.newest(quick, 'loss'), soon).toBeDefined()
  const mark = reader.lastId
  reader.close()
  await client.query('commit')
  await client.end()
  const again = new Reader(1, `experiment_id=${experiment_id}`, mark)
  await expect.poll(() => again.newest(late, 'loss'), soon).toMatchObject({ value: 77 })
})

test('a stream goes on when its connections to the database are cut', async () => {
  const run_id = await newRun()
  const reader = new Reader(0, `run_ids=${run_id}`)
  await expect.poll(() => reader.messages.length, soon).toBeGreaterThan(0)
  await suite.database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name in ('fabrique-server', 'fabrique-events')`,
  )
  await log(run_id, 3)
  await expect.poll(() => reader.newest(run_id, 'loss'), soon).toMatchObject({ value: 3 })
})

test('a reader that does not read is cut off, and the server goes on', async () => {
  const run_id = await newRun()
  for (let batch = 0; batch < 20; batch += 1) {
    const metrics = Array.from({ length: 1000 }, (_, index) => ({
      key: `metric ${batch} ${index}`,
      value: 1,
      timestamp: 1,
      step: 1,
    }))
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
  }
  const server = servers[0]
  const connections = () =>
    new Promise<number>((resolve) => server?.app.server.getConnections((_, count) => resolve(count)))
  await expect.poll(connections, soon).toBe(0)
  const request = http.get({ port: server?.port, path: `/api/v1/runs/live?run_ids=${run_id}` }, (response) => {
    response.pause()
    response.on('error', () => {})
  })
  request.on('error', () => {})
  await expect.poll(connections, soon).toBe(1)
  let round = 0
  const renameAndCount = async () => {
    round += 1
    await updateRun({ ctx: suite.ctx, input: { run_id, run_name: `round ${round}` } })
    return connections()
  }
  await expect.poll(renameAndCount, { interval: 100 }).toBe(0)
  const reader = new Reader(0, `run_ids=${run_id}`)
  await expect.poll(() => reader.messages.length, soon).toBeGreaterThan(0)
})

test('what cannot be followed is told', async () => {
  const ask = async (query: string) => {
    const reply = await servers[0]?.app.inject({ url: `/api/v1/runs/live?${query}` })
    return [reply?.statusCode, reply?.json().code]
  }
  expect(await ask('')).toEqual([400, 'invalid_request'])
  expect(await ask('experiment_id=x')).toEqual([400, 'mlflow_invalid_value'])
  expect(await ask('experiment_id=999999')).toEqual([404, 'experiment_not_found'])
  expect(await ask('experiment_id=0&run_ids=a')).toEqual([400, 'invalid_request'])
  expect(await ask('experiment_id=0&position=yesterday')).toEqual([400, 'invalid_request'])
  expect(await ask(`run_ids=${Array.from({ length: 101 }, (_, index) => `r${index}`).join(',')}`)).toEqual([
    400,
    'invalid_request',
  ])
})
