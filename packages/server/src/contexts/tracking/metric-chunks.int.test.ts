import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { limit } from '../../kernel/index.js'
import { type Database, openDatabase, type VerbContext } from '../../platform/index.js'
import { createRun, getMetricHistory, getMetricSeries, logBatch, mountMlflowTracking } from './index.js'

let suite: TestApp
/** Another server on the same database. */
let other: Database
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountMlflowTracking(app, { contextOf: () => ctx }))
  other = openDatabase({ url: suite.database.url, applicationName: 'fabrique-other', onError: () => {} })
})
afterAll(async () => {
  await other?.close()
  await suite?.close()
})

interface Point {
  readonly key: string
  readonly step: number
  readonly timestamp: number
  readonly value: number
}

async function newRun(): Promise<string> {
  return (await createRun({ ctx: suite.ctx, input: {} })).info.run_id
}

const log = (run_id: string, metrics: readonly Point[], ctx: VerbContext = suite.ctx) =>
  logBatch({ ctx, input: { run_id, metrics: [...metrics] } })

/** Points of a program that logs step by step: from a step on, a millisecond each. */
function steps(from: number, count: number, change: (step: number) => Partial<Point> = () => ({})): readonly Point[] {
  return Array.from({ length: count }, (_, index) => {
    const step = from + index
    return { key: 'm', step, timestamp: 1000 + step, value: step / 4, ...change(step) }
  })
}

/** How many points of a run lie in each chunk, in the order of the chunks, and how many are rows. */
async function storedAs(run_id: string): Promise<{ readonly chunks: readonly number[]; readonly rows: number }> {
  const { rows } = await sql<{ chunks: readonly number[]; rows: number }>`
    select coalesce((
        select json_agg(c.point_count order by c.series_id, c.place)
        from metric_chunks c join metric_series s on s.id = c.series_id where s.run_id = ${run_id}
      ), '[]') as chunks,
      (select count(*) from metrics m join metric_series s on s.id = m.series_id where s.run_id = ${run_id}) as rows
  `.execute(suite.ctx.db)
  return rows[0] ?? { chunks: [], rows: 0 }
}

const stored = (value: number) =>
  Number.isNaN(value) ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
const isNan = (value: number) => Number(Number.isNaN(value))
const orders = {
  step: (a: Point, b: Point) =>
    a.step - b.step ||
    a.timestamp - b.timestamp ||
    Math.sign(stored(a.value) - stored(b.value)) ||
    isNan(a.value) - isNan(b.value),
  time: (a: Point, b: Point) => a.timestamp - b.timestamp || orders.step(a, b),
}

/** The points of a key, each once, in an order. */
function expected(points: readonly Point[], key: string, order: 'step' | 'time'): readonly Point[] {
  const ofKey = points.filter((point) => point.key === key)
  const unique = new Map(ofKey.map((point) => [[point.step, point.timestamp, String(point.value)].join(), point]))
  return [...unique.values()].sort(orders[order])
}

const shown = (points: readonly Point[]) =>
  points.map(({ step, timestamp, value }) => [step, timestamp, Number.isNaN(value) ? 'NaN' : stored(value)])

async function inPages(run_id: string, key: string, order: 'step' | 'time', size: number) {
  const found: unknown[] = []
  let page_token: string | undefined
  do {
    const input = { run_id, metric_key: key, order, max_results: size, ...(page_token ? { page_token } : {}) }
    const page = await getMetricHistory({ ctx: suite.ctx, input })
    expect(page.metrics.length).toBeLessThanOrEqual(size)
    found.push(...page.metrics.map(({ step, timestamp, value }) => [step, timestamp, value]))
    page_token = page.next_page_token
  } while (page_token !== undefined)
  return found
}

/** Compares the points of a key, read in both orders and several ways, and its figures with what was logged. */
async function checkSeries(run_id: string, logged: readonly Point[], key = 'm', pageSizes = [7, 1000]): Promise<void> {
  for (const order of ['step', 'time'] as const) {
    const all = shown(expected(logged, key, order))
    for (const size of pageSizes) expect(await inPages(run_id, key, order, size)).toEqual(all)
  }
  const all = expected(logged, key, 'step')
  const numbers = all.map(({ value }) => value).filter((value) => !Number.isNaN(value))
  const newest = all.toSorted((a, b) => orders.step({ ...a, value: 0 }, { ...b, value: 0 }) || newer(a, b)).at(-1)
  const { rows } = await sql`
    select point_count, nan_count, min_value, max_value, sum_value, last_step, last_ms, last_value, last_is_nan
    from metric_series where run_id = ${run_id} and key = ${key}
  `.execute(suite.ctx.db)
  expect(rows).toEqual([
    {
      point_count: all.length,
      nan_count: all.length - numbers.length,
      min_value: numbers.length === 0 ? null : stored(Math.min(...numbers)),
      max_value: numbers.length === 0 ? null : stored(Math.max(...numbers)),
      sum_value: numbers.reduce((sum, value) => stored(sum + stored(value)), 0),
      last_step: newest?.step,
      last_ms: newest?.timestamp,
      last_value: stored(newest?.value ?? 0),
      last_is_nan: Number.isNaN(newest?.value),
    },
  ])
}

/** Of points of one moment the newest has the largest value, where NaN counts as 0 and stands before a true 0. */
const newer = (a: Point, b: Point) => stored(a.value) - stored(b.value) || isNan(b.value) - isNan(a.value)

async function rangeOf(run_id: string, key: string, min_step: number | undefined, max_step: number | undefined) {
  const input = { run_ids: [run_id], keys: [key], points: 5000, min_step, max_step }
  const [series] = await getMetricSeries({ ctx: suite.ctx, input })
  return series?.steps.map((step, index) => [step, series.timestamps_ms[index], series.values[index]]) ?? []
}

async function sampleOf(run_id: string, size: number, range = ''): Promise<readonly number[]> {
  const query = `run_ids=${run_id}&metric_key=m&max_results=${size}${range}`
  const { body } = await suite.send('GET', `/api/2.0/mlflow/metrics/get-history-bulk-interval?${query}`)
  return body.metrics.map(({ step }: Point) => step)
}

describe('points that are appended at once', () => {
  test('are one chunk, and a few are rows', async () => {
    const run_id = await newRun()
    await log(run_id, [...steps(0, 100), ...steps(0, 31, () => ({ key: 'few' }))])
    await log(run_id, steps(100, 400))
    await log(run_id, steps(500, 1))
    await log(run_id, steps(501, 32))
    expect(await storedAs(run_id)).toEqual({ chunks: [100, 400, 32], rows: 32 })
    await checkSeries(run_id, steps(0, 533), 'm', [1, 50, 100, 133, 532, 533, 5000])
    await checkSeries(
      run_id,
      steps(0, 31, () => ({ key: 'few' })),
      'few',
    )
  })

  test('hold steps at one distance and at others', async () => {
    const run_id = await newRun()
    const sevenths = steps(0, 60, (step) => ({ step: step * 7 - 300 }))
    const uneven = steps(60, 60, (step) => ({ step: step * 7 + (step % 2) }))
    const same = steps(120, 60, () => ({ step: 2000 }))
    const logged = [...sevenths, ...uneven, ...same]
    for (const points of [sevenths, uneven, same, sevenths.slice(3, 9), uneven, same]) await log(run_id, points)
    expect(await storedAs(run_id)).toEqual({ chunks: [60, 60, 60], rows: 0 })
    const { rows } = await sql`
      select stride from metric_chunks c join metric_series s on s.id = c.series_id where s.run_id = ${run_id} order by place
    `.execute(suite.ctx.db)
    expect(rows).toEqual([{ stride: 7 }, { stride: null }, { stride: null }])
    await checkSeries(run_id, logged, 'm', [1, 59, 61, 1000])
    const within = logged.filter(({ step }) => step >= -290 && step <= 500)
    expect(await rangeOf(run_id, 'm', -290, 500)).toEqual(shown(within))
    expect(await sampleOf(run_id, 180)).toEqual(logged.map(({ step }) => step))
  })

  test('hold NaN, the infinities and every double', async () => {
    const run_id = await newRun()
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, -0, Number.MAX_VALUE, 0.1]
    const points = steps(0, 70, (step) => ({ value: special[step % special.length] ?? 0 }))
    await log(run_id, points)
    expect(await storedAs(run_id)).toEqual({ chunks: [70], rows: 0 })
    const zero = points.map((point) => ({ ...point, value: Object.is(point.value, -0) ? 0 : point.value }))
    await checkSeries(run_id, zero)
    // Again, they are all there.
    await log(run_id, points)
    expect(await storedAs(run_id)).toEqual({ chunks: [70], rows: 0 })
  })

  test('hold every whole number of 64 bits', async () => {
    const run_id = await newRun()
    const points = steps(0, 40, (step) => ({ step: (step - 20) * 2 ** 58, timestamp: 2 ** 53 + step * 2 ** 56 }))
    await log(run_id, points)
    expect(await storedAs(run_id)).toMatchObject({ chunks: [40] })
    const reply = await suite.app.inject({
      url: `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=m&max_results=1`,
    })
    expect(reply.body).toContain('"timestamp":9007199254740992,"step":-5764607523034234880}')
    await checkSeries(run_id, points)
  })

  test('are written as JSON with the numbers that the database has', async () => {
    const run_id = await newRun()
    const next = numbers(21)
    const values = Array.from({ length: 900 }, () => (next() - 0.5) * 10 ** Math.floor(next() * 620 - 310))
    const round = Array.from({ length: 60 }, (_, index) => 10 ** (index - 30))
    const edges = [9.999e-5, 1e-4, 0.00012345, 999_999_999_999_999, 1e15, 123456789012345680, -1e-7, 2 ** 53, 1e22]
    const all = [...values, ...round, ...edges].filter(Number.isFinite)
    await log(
      run_id,
      steps(0, all.length, (step) => ({ value: all[step] ?? 0 })),
    )
    const { rows } = await sql<{ text: string }>`
      select string_agg('{"key":"m","value":' || value || ',"timestamp":' || timestamp_ms || ',"step":' || step || '}', ','
        order by timestamp_ms) as text
      from metric_points where series_id = (select id from metric_series where run_id = ${run_id})
    `.execute(suite.ctx.db)
    const reply = await suite.app.inject({ url: `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=m` })
    expect(reply.json()).toEqual(JSON.parse(`{"metrics":[${rows[0]?.text}]}`))
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
  })
})

describe('points that meet a chunk', () => {
  test('count once when they are sent again, alone, in part or with new ones', async () => {
    const run_id = await newRun()
    const all = steps(0, 300)
    await log(run_id, all.slice(0, 200))
    await log(run_id, all.slice(0, 200))
    await log(run_id, all.slice(40, 90))
    await log(run_id, all.slice(199, 200))
    expect(await storedAs(run_id)).toEqual({ chunks: [200], rows: 0 })
    await checkSeries(run_id, all.slice(0, 200))
    await log(run_id, all.slice(150))
    expect(await storedAs(run_id)).toEqual({ chunks: [200], rows: 100 })
    await checkSeries(run_id, all)
    await log(run_id, all)
    await checkSeries(run_id, all)
  })

  test('lie between its points, at their moments and before them', async () => {
    const run_id = await newRun()
    const even = steps(0, 200, (step) => ({ step: step * 2, timestamp: 1000 + step * 2, value: step % 3 }))
    const between = steps(0, 100, (step) => ({ step: step * 2 + 1, timestamp: 1001 + step * 2 }))
    const beside = steps(0, 60, (step) => ({ step: step * 2, timestamp: 1000 + step * 2, value: (step % 2) - 1 }))
    const nan = steps(0, 60, (step) => ({ step: step * 2, timestamp: 1000 + step * 2, value: Number.NaN }))
    const before = steps(0, 50, (step) => ({ step: step - 50, timestamp: 900 + step }))
    const logged: Point[] = []
    for (const points of [even.slice(0, 100), even.slice(100), between, beside, nan, before, even]) {
      await log(run_id, points)
      logged.push(...points)
      await checkSeries(run_id, logged, 'm', [3, 1000])
    }
    expect((await storedAs(run_id)).chunks).toEqual([100, 100])
    const all = expected(logged, 'm', 'step')
    for (const [min, max] of [
      [5, 301],
      [undefined, 7.5],
      [100.5, undefined],
      [-1e300, 1e300],
      [150, 150],
      [151.2, 151.8],
      [1000, 2000],
    ] as const) {
      const within = all.filter(({ step }) => step >= (min ?? -1e9) && step <= (max ?? 1e9))
      expect(await rangeOf(run_id, 'm', min, max)).toEqual(shown(within))
    }
  })

  test('are rows where a clock went back, until it is later again', async () => {
    const run_id = await newRun()
    const first = steps(0, 100)
    const back = steps(100, 100, (step) => ({ timestamp: 950 + step }))
    const after = steps(200, 100)
    for (const points of [first, back, after]) await log(run_id, points)
    expect(await storedAs(run_id)).toEqual({ chunks: [100, 100], rows: 100 })
    await checkSeries(run_id, [...first, ...back, ...after], 'm', [3, 64, 1000])
  })

  test('are rows where the times of a batch fall', async () => {
    const run_id = await newRun()
    const falling = steps(0, 100, (step) => ({ timestamp: 5000 - step }))
    await log(run_id, falling)
    await log(run_id, steps(100, 100))
    expect(await storedAs(run_id)).toEqual({ chunks: [100], rows: 100 })
    await checkSeries(run_id, [...falling, ...steps(100, 100)])
  })
})

test('samples are the same whatever is a chunk', async () => {
  const [chunked, rows, mixed] = [await newRun(), await newRun(), await newRun()]
  for (let from = 0; from < 900; from += 100) {
    await log(chunked, steps(from, 100))
    for (let part = from; part < from + 100; part += 25) await log(rows, steps(part, 25))
    await log(mixed, steps(from, from % 200 === 0 ? 20 : 100))
    await log(mixed, steps(from, 100))
  }
  expect((await storedAs(chunked)).rows).toBe(0)
  expect((await storedAs(rows)).chunks).toEqual([])
  expect((await storedAs(mixed)).chunks.length).toBeGreaterThan(2)
  for (const size of [1, 2, 7, 450, 899, 900, 2500]) {
    const sample = await sampleOf(rows, size)
    expect(sample).toHaveLength(Math.min(size, 900))
    expect(await sampleOf(chunked, size)).toEqual(sample)
    expect(await sampleOf(mixed, size)).toEqual(sample)
    const range = '&start_step=150&end_step=420'
    const part = await sampleOf(rows, size, range)
    expect(part).toHaveLength(Math.min(size, 271))
    expect(await sampleOf(chunked, size, range)).toEqual(part)
    expect(await sampleOf(mixed, size, range)).toEqual(part)
  }
  const query = [chunked, rows, mixed].map((id) => `run_id=${id}`).join('&')
  const { body } = await suite.send('GET', `/ajax-api/2.0/mlflow/metrics/get-history-bulk?${query}&metric_key=m`)
  for (const run of [chunked, rows, mixed]) {
    const found: readonly (Point & { run_id: string })[] = body.metrics
    expect(shown(found.filter(({ run_id }) => run_id === run))).toEqual(shown(steps(0, 900)))
  }
})

test('a history of chunks longer than is read at once is whole', async () => {
  const run_id = await newRun()
  const count = limit('tracking.history_points_max') + 2500
  for (let from = 0; from < count; from += 1000) await log(run_id, steps(from, Math.min(1000, count - from)))
  expect((await storedAs(run_id)).rows).toBe(0)
  const { body } = await suite.send('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=m`)
  expect(body.metrics.map(({ step }: Point) => step)).toEqual(Array.from({ length: count }, (_, step) => step))
  const [series] = await getMetricSeries({ ctx: suite.ctx, input: { run_ids: [run_id], keys: ['m'], points: 10 } })
  expect(series).toMatchObject({ total: count })
  expect([series?.steps[0], series?.steps.at(-1)]).toEqual([0, count - 1])
})

/** Numbers from 0 to 1 that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

/** Batches of a program that mostly goes on, and now and then repeats, goes back, or has a clock that does. */
function* randomBatches(seed: number, count: number): Generator<readonly Point[]> {
  const next = numbers(seed)
  const pick = (below: number) => Math.floor(next() * below)
  const ends = new Map<string, { step: number; time: number }>()
  const sent: (readonly Point[])[] = []
  for (let batch = 0; batch < count; batch += 1) {
    const repeated = sent[pick(sent.length + 1)]
    if (next() < 0.15 && repeated !== undefined) {
      const from = pick(repeated.length)
      yield next() < 0.5 ? repeated : repeated.slice(from, from + 1 + pick(50))
      continue
    }
    const metrics: Point[] = []
    for (let series = 0; series <= pick(3); series += 1) {
      const key = ['a', 'b', 'c', 'd'][pick(4)] ?? 'a'
      const end = ends.get(key) ?? { step: 0, time: 1000 }
      const kind = next()
      let step = kind < 0.2 ? pick(end.step + 1) : end.step + pick(2)
      const stride = 1 + pick(2)
      let time = kind < 0.1 || kind > 0.95 ? end.time - pick(60) : end.time + pick(2)
      // Of one in five, some points have the same step and time.
      const rises = next() < 0.8
      for (let left = next() < 0.7 ? 32 + pick(40) : 1 + pick(40); left > 0; left -= 1) {
        metrics.push({ key, step, timestamp: time, value: next() < 0.1 ? Number.NaN : pick(9) / 4 - 1 })
        step += rises || next() < 0.9 ? stride : 0
        time += pick(3)
      }
      ends.set(key, { step: Math.max(end.step, step), time: Math.max(end.time, time) })
    }
    if (next() < 0.05) metrics.reverse()
    sent.push(metrics)
    if (sent.length > 20) sent.shift()
    yield metrics
  }
}

test('random batches make the same points and figures as a list of points', async () => {
  let [chunks, rows] = [0, 0]
  for (let seed = 1; seed <= 8; seed += 1) {
    const run_id = await newRun()
    const logged: Point[] = []
    for (const metrics of randomBatches(seed, 40)) {
      await log(run_id, metrics)
      logged.push(...metrics)
    }
    const kinds = await storedAs(run_id)
    chunks += kinds.chunks.length
    rows += kinds.rows
    for (const key of new Set(logged.map((point) => point.key))) {
      await checkSeries(run_id, logged, key, [97, 100_000])
      const all = expected(logged, key, 'step')
      const [min, max] = [all[Math.floor(all.length / 3)]?.step ?? 0, all[Math.floor(all.length / 2)]?.step ?? 0]
      const within = all.filter(({ step }) => step >= min && step <= max)
      expect(await rangeOf(run_id, key, min, max)).toEqual(shown(within))
    }
  }
  // Both kinds were there to compare.
  expect(chunks).toBeGreaterThan(150)
  expect(rows).toBeGreaterThan(1500)
})

test('writers of one series in two servers lose nothing and count nothing twice', async () => {
  const run_id = await newRun()
  const contexts: readonly VerbContext[] = [suite.ctx, { ...suite.ctx, db: other.db }]
  const logged = steps(0, 4000)
  const calls = Array.from({ length: 160 }, (_, index) => {
    // Each half of the batches overlaps with what the other server sends.
    const from = Math.floor(index / 2) * 50 - (index % 2) * 25
    const metrics = logged.slice(Math.max(0, from), from + 50)
    const params = index % 5 === 0 ? [{ key: `p${index}`, value: 'x' }] : []
    return () => logBatch({ ctx: contexts[index % 2] ?? suite.ctx, input: { run_id, metrics: [...metrics], params } })
  })
  const next = async () => {
    for (let call = calls.shift(); call !== undefined; call = calls.shift()) await call()
  }
  await Promise.all(Array.from({ length: 12 }, next))
  await checkSeries(run_id, logged, 'm', [333, 100_000])
})
