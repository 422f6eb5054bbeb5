import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { migrationsFolder } from '../../../test/support/test-database.js'
import { limit } from '../../kernel/index.js'
import { type Database, migrate, openDatabase, type VerbContext } from '../../platform/index.js'
import {
  createLoggedModel,
  createRun,
  deleteRun,
  getLoggedModel,
  getMetricHistory,
  getRun,
  logBatch,
  logInputs,
  logMetric,
  logModel,
  logParam,
  setTag,
} from './index.js'
import { queueMetrics } from './metric-queue.js'

let suite: TestContext
/** Another server on the same database. */
let other: Database
beforeAll(async () => {
  suite = await openTestContext()
  other = openDatabase({ url: suite.database.url, applicationName: 'fabrique-other', onError: () => {} })
})
afterAll(async () => {
  await other?.close()
  await suite?.close()
})

const code = (name: string) => expect.objectContaining({ code: name })

async function newRun(): Promise<string> {
  return (await createRun({ ctx: suite.ctx, input: {} })).info.run_id
}

/** Numbers from 0 to 1 that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

interface Point {
  readonly key: string
  readonly step: number
  readonly timestamp: number
  readonly value: number
}

interface Figures {
  readonly key: string
  readonly last: readonly [step: number, timestamp: number, value: number, isNan: boolean]
  readonly count: number
  readonly nans: number
  readonly min: number | null
  readonly max: number | null
  readonly sum: number
}

const stored = (value: number) => (Number.isNaN(value) ? 0 : value)

/** What the points make, by the words of the reference: the newest by step, time and value; each point once. */
function figuresOf(points: readonly Point[]): readonly Figures[] {
  const keys = [...new Set(points.map(({ key }) => key))].sort()
  return keys.map((key) => {
    const unique = new Map(
      points
        .filter((point) => point.key === key)
        .map((point) => [[point.step, point.timestamp, String(point.value)].join(), point]),
    )
    const all = [...unique.values()].sort(
      (a, b) =>
        a.step - b.step ||
        a.timestamp - b.timestamp ||
        stored(a.value) - stored(b.value) ||
        Number(Number.isNaN(b.value)) - Number(Number.isNaN(a.value)),
    )
    const last = all.at(-1)
    const values = all.map(({ value }) => value).filter((value) => !Number.isNaN(value))
    if (last === undefined) throw new Error('A key has points')
    return {
      key,
      last: [last.step, last.timestamp, stored(last.value), Number.isNaN(last.value)],
      count: all.length,
      nans: all.length - values.length,
      min: values.length === 0 ? null : Math.min(...values),
      max: values.length === 0 ? null : Math.max(...values),
      sum: values.reduce((sum, value) => sum + value, 0),
    }
  })
}

async function storedFigures(run_id: string): Promise<readonly Figures[]> {
  const { rows } = await sql<Omit<Figures, 'last'> & { last: Figures['last'] }>`
    select key, json_build_array(last_step, last_ms, last_value, last_is_nan) as last, point_count as count, nan_count as nans,
      min_value as min, max_value as max, sum_value as sum
    from metric_series where run_id = ${run_id} order by key
  `.execute(suite.ctx.db)
  return rows
}

function batches(seed: number, count: number, keys: readonly string[]): readonly (readonly Point[])[] {
  const next = numbers(seed)
  const pick = (below: number) => Math.floor(next() * below)
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + pick(12) }, () => ({
      key: keys[pick(keys.length)] ?? '',
      step: pick(9) - 3,
      timestamp: pick(3),
      value: next() < 0.2 ? Number.NaN : pick(4) - 1,
    })),
  )
}

describe('series', () => {
  test('are what their points say, in any order and with repetitions', async () => {
    for (const seed of [1, 2, 3]) {
      const run_id = await newRun()
      const all = batches(seed, 40, ['a', 'b', 'c'])
      for (const metrics of all) await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
      expect(await storedFigures(run_id)).toEqual(figuresOf(all.flat()))
      const { rows } = await sql<{ count: number }>`
        select count(*) from metrics m join metric_series s on s.id = m.series_id where s.run_id = ${run_id}
      `.execute(suite.ctx.db)
      const counts = figuresOf(all.flat()).map(({ count }) => count)
      expect(rows[0]?.count).toBe(counts.reduce((sum, count) => sum + count, 0))
    }
  })

  test('of many writers in two servers, with parameters in between, end the same and never in a deadlock', async () => {
    const runs = [await newRun(), await newRun(), await newRun()]
    const keys = ['z', 'a', 'm', 'b']
    const contexts: readonly VerbContext[] = [suite.ctx, { ...suite.ctx, db: other.db }]
    const written = new Map(runs.map((run) => [run, [] as Point[]]))
    const calls = contexts.flatMap((ctx, server) =>
      batches(server + 11, 120, keys).map((metrics, index) => {
        const run_id = runs[(index + server) % runs.length] ?? ''
        written.get(run_id)?.push(...metrics)
        // Every third goes through a transaction of its own.
        const params = index % 3 === 0 ? [{ key: `p${index}`, value: String(index) }] : []
        return () => logBatch({ ctx, input: { run_id, metrics, params } })
      }),
    )
    // More at once than there are connections, and not so many that one waits for longer than it may.
    const next = async () => {
      for (let call = calls.shift(); call !== undefined; call = calls.shift()) await call()
    }
    await Promise.all(Array.from({ length: 24 }, next))
    for (const [run_id, points] of written) expect(await storedFigures(run_id)).toEqual(figuresOf(points))
  })

  test('hold every double and every whole number of 64 bits', async () => {
    const run_id = await newRun()
    const metrics = [
      { key: 'm', step: -(2 ** 63), timestamp: 0, value: Number.NEGATIVE_INFINITY },
      { key: 'm', step: 0, timestamp: 2 ** 63 - 1024, value: Number.POSITIVE_INFINITY },
      { key: 'm', step: 1, timestamp: 1, value: Number.MAX_VALUE },
      { key: 'm', step: 2 ** 53 + 2, timestamp: 1, value: 5e-324 },
    ]
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics: metrics.slice(0, 2) } })
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics: metrics.map((one) => ({ ...one, step: 7 })) } })
    const { metrics: history } = await getMetricHistory({
      ctx: suite.ctx,
      input: { run_id, metric_key: 'm', order: 'step' },
    })
    expect(history.map(({ step, value }) => [step, value])).toEqual([
      [-(2 ** 63), -Number.MAX_VALUE],
      [0, Number.MAX_VALUE],
      [1, Number.MAX_VALUE],
      [7, -Number.MAX_VALUE],
      [7, 5e-324],
      [7, Number.MAX_VALUE],
      [7, Number.MAX_VALUE],
      [2 ** 53 + 2, 5e-324],
    ])
    const [figures] = await storedFigures(run_id)
    expect(figures).toMatchObject({ count: 8, min: -Number.MAX_VALUE, max: Number.MAX_VALUE })
    expect(Number.isFinite(figures?.sum)).toBe(true)
  })

  test('count a point that is sent again once, also when the repetition brings new ones', async () => {
    const run_id = await newRun()
    const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: 'loss', step, timestamp: step, value: step }))
    const first = metrics.slice(0, 600)
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics: first } })
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics: first } })
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
    expect(await storedFigures(run_id)).toEqual(figuresOf(metrics))
  })
})

describe('requests that are written together', () => {
  test('fail alone', async () => {
    const good = await newRun()
    const deleted = await newRun()
    await deleteRun({ ctx: suite.ctx, input: { run_id: deleted } })
    const log = (run_id: string, step: number) =>
      logMetric({ ctx: suite.ctx, input: { run_id, key: 'm', value: 1, timestamp: 1, step } })
    const results = await Promise.allSettled([
      log(good, 1),
      log('missing', 1),
      log(deleted, 1),
      log(good, 2),
      log('', 1),
    ])
    expect(results.map((result) => (result.status === 'fulfilled' ? 'written' : result.reason.code))).toEqual([
      'written',
      'run_not_found',
      'run_not_active',
      'written',
      'run_not_found',
    ])
    expect(await storedFigures(good)).toMatchObject([{ count: 2 }])
    expect(await storedFigures(deleted)).toEqual([])
  })

  test('are not harmed by one that the database refuses', async () => {
    const run_id = await newRun()
    // The verbs check keys: this one gets past them only here. The whole statement fails, and is done again one by one.
    const bad = queueMetrics(suite.ctx.db, { run_id, metrics: [{ key: 'x\0y', value: 1, timestamp: 1, step: 1 }] })
    const good = queueMetrics(suite.ctx.db, { run_id, metrics: [{ key: 'm', value: 1, timestamp: 1, step: 1 }] })
    await expect(bad).rejects.toThrowError()
    expect(await good).toMatchObject({ experiment_id: '0' })
    expect(await storedFigures(run_id)).toMatchObject([{ key: 'm', count: 1 }])
  })

  test('do not wait for one whose rows somebody else holds', async () => {
    const [held, free] = [await newRun(), await newRun()]
    const log = (run_id: string, step: number) =>
      logMetric({ ctx: suite.ctx, input: { run_id, key: 'm', value: 1, timestamp: 1, step } })
    await log(held, 1)
    const holder = new pg.Client(suite.database.url)
    await holder.connect()
    await holder.query('begin')
    await holder.query('select from metric_series where run_id = $1 for update', [held])
    let isWritten = false
    const waiting = log(held, 2).then(() => {
      isWritten = true
    })
    // It is under way, and waits for the row, before the others come.
    const isBlocked = async () => {
      const { rows } = await holder.query(
        'select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))',
      )
      return rows.length > 0
    }
    while (!(await isBlocked())) await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([log(free, 1), log(free, 2)])
    expect(isWritten).toBe(false)
    await holder.query('commit')
    await holder.end()
    await waiting
    expect(await storedFigures(held)).toMatchObject([{ count: 2 }])
    expect(await storedFigures(free)).toMatchObject([{ count: 2 }])
  })

  test('find a second connection that is ready, and what made it ready left nothing', async () => {
    const run_id = await newRun()
    const fresh = openDatabase({ url: suite.database.url, applicationName: 'fabrique-fresh', onError: () => {} })
    try {
      await queueMetrics(fresh.db, { run_id, metrics: [{ key: 'm', value: 1, timestamp: 1, step: 1 }] })
      while (fresh.pool.idleCount < 2) await new Promise((resolve) => setImmediate(resolve))
      expect(fresh.pool.totalCount).toBe(2)
    } finally {
      await fresh.close()
    }
    const { rows } = await sql`select from metric_series where run_id = '' or key = ''`.execute(suite.ctx.db)
    expect(rows).toEqual([])
    expect(await storedFigures(run_id)).toMatchObject([{ count: 1 }])
  })

  test('are bounded: what is too much is told to come back, and nothing of it is written', async () => {
    const run_id = await newRun()
    const size = 1000
    const fits = limit('tracking.queued_points_max') / size
    const metrics = (call: number) =>
      Array.from({ length: size }, (_, index) => ({ key: 'm', value: 1, timestamp: 1, step: call * size + index }))
    const results = await Promise.allSettled(
      Array.from({ length: fits + 3 }, (_, call) => queueMetrics(suite.ctx.db, { run_id, metrics: metrics(call) })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(fits)
    for (const result of results.slice(fits)) expect(result).toMatchObject({ reason: code('tracking_busy') })
    expect(await storedFigures(run_id)).toMatchObject([{ count: fits * size }])
    await logMetric({ ctx: suite.ctx, input: { run_id, key: 'm', value: 1, timestamp: 1, step: -1 } })
  })

  test('lose nothing that was acknowledged when connections are cut in the middle', async () => {
    const run_id = await newRun()
    const killer = new pg.Client(suite.database.url)
    await killer.connect()
    const acknowledged = new Set<number>()
    let failures = 0
    let step = 0
    let isDone = false
    const writer = async () => {
      while (!isDone) {
        const mine = step
        step += 1
        try {
          if (mine % 5 === 0) {
            const input = { run_id, metrics: [{ key: 'm', value: mine, timestamp: mine, step: mine }] }
            await logBatch({ ctx: suite.ctx, input: { ...input, params: [{ key: `p${mine}`, value: 'x' }] } })
          } else {
            await logMetric({ ctx: suite.ctx, input: { run_id, key: 'm', value: mine, timestamp: mine, step: mine } })
          }
          acknowledged.add(mine)
        } catch (error) {
          expect(error).toEqual(code('database_unavailable'))
          failures += 1
        }
      }
    }
    const writers = Array.from({ length: 8 }, writer)
    for (let enough = 0; failures < 20 || acknowledged.size < 200; enough = acknowledged.size + 5) {
      // Between two cuts some must come through, however slow the disk is.
      while (acknowledged.size < enough) await new Promise((resolve) => setImmediate(resolve))
      await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'fabrique-test' and state = 'active'`,
      )
    }
    isDone = true
    await Promise.all(writers)
    await killer.end()
    const read = () => getMetricHistory({ ctx: suite.ctx, input: { run_id, metric_key: 'm' } })
    // A connection that the last cut met at rest tells it at its next use.
    await expect.poll(() => read().then(Boolean, () => false)).toBe(true)
    const { metrics } = await read()
    const found = new Set(metrics.map((metric) => metric.step))
    expect([...acknowledged].filter((one) => !found.has(one))).toEqual([])
    // What was not acknowledged may have been committed; the figures agree with the points whatever came through.
    const points = metrics.map((metric) => ({ ...metric, value: Number(metric.value) }))
    expect(await storedFigures(run_id)).toEqual(figuresOf(points))
    const { data } = await getRun({ ctx: suite.ctx, input: { run_id } })
    const params = new Set(data.params.map(({ key }) => key))
    expect([...acknowledged].filter((one) => one % 5 === 0 && !params.has(`p${one}`))).toEqual([])
  })
})

test('a batch with a parameter that cannot change writes no metrics', async () => {
  const run_id = await newRun()
  await logParam({ ctx: suite.ctx, input: { run_id, key: 'p', value: '1' } })
  const metrics = [{ key: 'm', value: 1, timestamp: 1, step: 1 }]
  await expect(
    logBatch({ ctx: suite.ctx, input: { run_id, metrics, params: [{ key: 'p', value: '2' }] } }),
  ).rejects.toEqual(code('param_immutable'))
  expect(await storedFigures(run_id)).toEqual([])
})

test('points of a logged model that is not there write nothing', async () => {
  const run_id = await newRun()
  const metrics = [
    { key: 'm', value: 1, timestamp: 1, step: 1 },
    { key: 'm', value: 1, timestamp: 1, step: 2, model_id: 'm-missing' },
  ]
  await expect(logBatch({ ctx: suite.ctx, input: { run_id, metrics } })).rejects.toEqual(code('logged_model_not_found'))
  expect(await storedFigures(run_id)).toEqual([])
})

test('a model is noted also where a client wrote something else into the tag of the list', async () => {
  const run_id = await newRun()
  const model_json = JSON.stringify({ artifact_path: 'model', run_id })
  await setTag({ ctx: suite.ctx, input: { run_id, key: 'mlflow.log-model.history', value: '[{"cut' } })
  await logModel({ ctx: suite.ctx, input: { run_id, model_json } })
  await logModel({ ctx: suite.ctx, input: { run_id, model_json } })
  const { data } = await getRun({ ctx: suite.ctx, input: { run_id } })
  const list = data.tags.find(({ key }) => key === 'mlflow.log-model.history')?.value ?? ''
  expect(JSON.parse(list)).toEqual([
    { artifact_path: 'model', run_id },
    { artifact_path: 'model', run_id },
  ])
})

test('a logged model that a run reads must be there', async () => {
  const run_id = await newRun()
  const input = { run_id, datasets: [], models: [{ model_id: 'm-missing' }] }
  await expect(logInputs({ ctx: suite.ctx, input })).rejects.toEqual(code('logged_model_not_found'))
  const { model_id } = await createLoggedModel({ ctx: suite.ctx, input: { experiment_id: '0', name: 'm' } })
  await logInputs({ ctx: suite.ctx, input: { ...input, models: [{ model_id }] } })
  const { inputs } = await getRun({ ctx: suite.ctx, input: { run_id } })
  expect(inputs.model_inputs).toEqual([{ model_id }])
  const metrics = [{ key: 'm', value: 1, timestamp: 1, step: 2, model_id }]
  await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
  const model = await getLoggedModel({ ctx: suite.ctx, input: { model_id } })
  expect(model.metrics).toMatchObject([{ key: 'm', value: 1, step: 2, run_id }])
  expect(await storedFigures(run_id)).toMatchObject([{ key: 'm', count: 1 }])
})

test('the migration moves the points of a database of the first release', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-migrations-'))
  const name = `moved_${process.pid}`
  await suite.database.pool.query(`create database ${name}`)
  const database = openDatabase({
    url: Object.assign(new URL(suite.database.url), { pathname: `/${name}` }).toString(),
    applicationName: 'fabrique-moved',
    onError: () => {},
  })
  try {
    for (const file of await readdir(migrationsFolder)) {
      if (file < '0010') await cp(join(migrationsFolder, file), join(folder, file))
    }
    await migrate(database.pool, folder, suite.clock)
    const points: readonly Point[] = [
      ...(batches(5, 30, ['a', 'b']).flat() as readonly Point[]),
      { key: 'huge', step: 1, timestamp: 1, value: Number.MAX_VALUE },
      { key: 'huge', step: 2, timestamp: 1, value: Number.MAX_VALUE },
    ]
    await database.pool.query(
      `insert into runs (id, experiment_id, name, status, start_ms, artifact_uri) values ('r', 0, 'r', 'RUNNING', 0, '')`,
    )
    for (const { key, step, timestamp, value } of points) {
      await database.pool.query('insert into metrics values ($1, $2, $3, $4, $5, $6) on conflict do nothing', [
        'r',
        key,
        step,
        timestamp,
        stored(value),
        Number.isNaN(value),
      ])
    }
    await database.pool.query(
      `insert into latest_metrics select distinct on (key) * from metrics order by key, step desc, timestamp_ms desc, value desc, is_nan`,
    )
    await migrate(database.pool, migrationsFolder, suite.clock)
    const { rows } = await database.pool.query<Figures>(
      `select key, json_build_array(last_step, last_ms, last_value, last_is_nan) as last, point_count as count, nan_count as nans,
         min_value as min, max_value as max, sum_value as sum
       from metric_series order by key`,
    )
    const expected = figuresOf(points).map((one) => (one.key === 'huge' ? { ...one, sum: Number.MAX_VALUE } : one))
    expect(rows).toEqual(expected)
    const ctx = { ...suite.ctx, db: database.db }
    const { metrics } = await getMetricHistory({ ctx, input: { run_id: 'r', metric_key: 'huge', order: 'step' } })
    expect(metrics.map(({ step, value }) => [step, value])).toEqual([
      [1, Number.MAX_VALUE],
      [2, Number.MAX_VALUE],
    ])
    await logBatch({ ctx, input: { run_id: 'r', metrics: [...points] } })
    const again = await database.pool.query('select sum(point_count)::int as count from metric_series')
    expect(again.rows[0]?.count).toBe(expected.reduce((sum, { count }) => sum + count, 0))
  } finally {
    await database.close()
    await suite.database.pool.query(`drop database ${name} with (force)`)
    await rm(folder, { recursive: true, force: true })
  }
})
