import { createServer, type Server } from 'node:http'
import { sql } from 'kysely'
import pg from 'pg'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeTestApp, openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import {
  type HistoryWriter,
  listRecordedMetrics,
  openHistoryWriter,
  queryMetrics,
  tidyUpMetricHistory,
} from './index.js'
import { mountMetricHistory } from './routes.js'

let suite: TestApp
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountMetricHistory(app, { contextOf: () => ctx, prometheus: undefined }))
})
afterAll(() => suite?.close())

/** What a process tells of itself. */
function makeProcess(prefix: string, { ctx = suite.ctx }: { readonly ctx?: VerbContext } = {}) {
  const name = `${prefix}@host:8000`
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['model'] as const
  const counter = new Counter({ name: `${prefix}_asked_total`, help: 'Asked', labelNames, registers })
  const gauge = new Gauge({ name: `${prefix}_level`, help: 'Level', registers })
  const histogram = new Histogram({ name: `${prefix}_seconds`, help: 'Seconds', buckets: [1, 2], registers })
  const writer = openHistoryWriter({ ctx, registry, name })
  writers.push(writer)
  return { registry, counter, gauge, histogram, writer }
}

/** A database that fails while it is told to. */
function failing() {
  let failure: Error | undefined
  const db = suite.ctx.db.withPlugin({
    transformQuery: ({ node }) => {
      if (failure !== undefined) throw failure
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const failWith = (error: Error | undefined) => {
    failure = error
  }
  return { ctx: { ...suite.ctx, db }, failWith }
}

/** Beginnings of the steps of a process that are over, in seconds. */
async function storedMinutes(name: string, step = 60): Promise<readonly number[]> {
  const { rows } = await sql<{ at: Date }>`
    select at from metric_history_frames f join metric_history_writers w on w.id = f.writer_id
    where w.name = ${name} and step_s = ${step} order by at`.execute(suite.ctx.db)
  return rows.map(({ at }) => at.getTime() / 1000)
}

const writers: HistoryWriter[] = []
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close()
})

/** So many looks, 5 s apart; `before` each is told its number. */
async function look({ writer }: { readonly writer: HistoryWriter }, count: number, before?: (at: number) => void) {
  for (let at = 0; at < count; at += 1) {
    suite.clock.advance(5000)
    before?.(at)
    await writer.look()
  }
}

/** So that no step of so many seconds is over within the next ones. */
function beginStep(seconds: number): void {
  suite.clock.advance(seconds * 1000 - (suite.clock.now().getTime() % (seconds * 1000)) + 1000)
}

const query = (name: string, more: object = {}, ctx: VerbContext = suite.ctx) =>
  queryMetrics({ ctx, input: { name, ...more } })
const ago = (seconds: number) => new Date(suite.clock.now().getTime() - seconds * 1000).toISOString()
const known = (values: readonly (number | null)[] | undefined) => values?.filter((value) => value !== null)
const sumOf = (values: readonly (number | null)[] | undefined) =>
  values?.reduce<number>((sum, value) => sum + (value ?? 0), 0)

describe('a process', () => {
  test('writes what it tells; it is read as values, rates and quantiles', async () => {
    const one = makeProcess('plain')
    await look(one, 13, (at) => {
      one.gauge.set(at)
      one.counter.inc({ model: 'a' }, 10)
      one.counter.inc({ model: 'b' }, 5)
      one.histogram.observe(0.5)
    })
    const level = await query('plain_level', { from: ago(30), step_s: 5 })
    expect(level).toMatchObject({ kind: 'gauge', read: 'value', kept_s: 5, source: { kind: 'fabrique', state: 'ok' } })
    expect(known(level.items[0]?.values)).toEqual([6, 7, 8, 9, 10, 11, 12])
    const rates = await query('plain_asked_total', { from: ago(30), step_s: 30 })
    expect(rates.items.map(({ labels, values }) => [labels, known(values)])).toEqual([
      [{ model: 'a', instance: 'plain@host:8000' }, expect.arrayContaining([2])],
      [{ model: 'b', instance: 'plain@host:8000' }, expect.arrayContaining([1])],
    ])
    const together = await query('plain_asked_total', { from: ago(60), aggregate: 'sum', step_s: 5 })
    expect(new Set(known(together.items[0]?.values))).toEqual(new Set([3]))
    const middle = await query('plain_seconds', { from: ago(60), quantile: 0.25, step_s: 60 })
    expect(middle).toMatchObject({ kind: 'histogram', read: 'quantile' })
    for (const value of known(middle.items[0]?.values) ?? []) expect(value).toBeCloseTo(0.25)
    const { items } = await listRecordedMetrics({ ctx: suite.ctx, input: {} })
    expect(items.find(({ name }) => name === 'plain_asked_total')).toEqual({
      name: 'plain_asked_total',
      kind: 'counter',
      series: 2,
      labels: { instance: ['plain@host:8000'], model: ['a', 'b'] },
    })
    expect(items.filter(({ name }) => name.startsWith('plain_seconds')).map(({ name, kind }) => [name, kind])).toEqual([
      ['plain_seconds', 'histogram'],
    ])
  })

  test('that begins again goes on: nothing is counted twice, and nothing lost but what was not written', async () => {
    const first = makeProcess('again')
    await look(first, 20, () => first.counter.inc({ model: 'a' }, 1))
    await first.writer.close()
    const second = makeProcess('again')
    await look(second, 40, () => second.counter.inc({ model: 'a' }, 1))
    // The first of all is not known to have grown.
    const fine = await query('again_asked_total', { from: ago(400), read: 'increase', step_s: 5 })
    expect(sumOf(fine.items[0]?.values)).toBe(59)
    const minutes = await query('again_asked_total', { from: ago(400), read: 'increase', step_s: 60 })
    expect(minutes.kept_s).toBe(60)
    expect(sumOf(minutes.items[0]?.values)).toBe(59)
    expect(Math.max(...(known(minutes.items[0]?.values) ?? []))).toBe(12)
    const { items } = await listRecordedMetrics({ ctx: suite.ctx, input: {} })
    expect(items.find(({ name }) => name === 'again_asked_total')?.series).toBe(1)
  })

  test('whose name another one takes stops', async () => {
    const first = makeProcess('taken')
    await look(first, 2, () => first.gauge.set(1))
    const second = makeProcess('taken')
    await look(second, 2, () => second.gauge.set(2))
    await look(first, 3, () => first.gauge.set(3))
    await look(second, 1, () => second.gauge.set(2))
    const { items } = await query('taken_level', { from: ago(60), step_s: 5 })
    expect(known(items[0]?.values)).toEqual([1, 1, 2, 2, 2, 2, 2, 2])
  })

  test('keeps so many series, and says how many it leaves out', async () => {
    const many = makeProcess('many')
    const max = limit('metrics.history_series_max')
    await look(many, 1, () => {
      for (let at = 0; at < max; at += 1) many.counter.inc({ model: `m${at}` }, 1)
    })
    const { items, left_out } = await listRecordedMetrics({ ctx: suite.ctx, input: {} })
    const kept = items.filter(({ name }) => name.startsWith('many_')).reduce((sum, { series }) => sum + series, 0)
    expect(kept).toBe(max)
    // The gauge, two bounds with the last, sum and count.
    expect(left_out).toBe(6)
    await expect(query('many_asked_total', { from: ago(7000), step_s: 5 })).rejects.toMatchObject({
      code: 'metrics_too_wide',
    })
  })

  test('of a database that was away for a while writes what was over meanwhile', async () => {
    const { ctx, failWith } = failing()
    const one = makeProcess('away', { ctx })
    await look(one, 3, () => one.counter.inc({ model: 'a' }, 1))
    failWith(new Error('away'))
    for (let at = 0; at < 24; at += 1) {
      suite.clock.advance(5000)
      one.counter.inc({ model: 'a' }, 1)
      await expect(one.writer.look()).rejects.toThrow('away')
    }
    failWith(undefined)
    await look(one, 15, () => one.counter.inc({ model: 'a' }, 1))
    const fine = await query('away_asked_total', { from: ago(300), step_s: 5 })
    expect(known(fine.items[0]?.values)?.length).toBeLessThan(20)
    // What is kept by the minute has all but the first look, whose increase nobody knows.
    const minutes = await storedMinutes('away@host:8000')
    expect(minutes.length).toBeGreaterThanOrEqual(3)
    expect(minutes.every((at, index) => index === 0 || at - (minutes[index - 1] ?? 0) === 60)).toBe(true)
  })

  test('keeps gauges however small or great, by the minute too', async () => {
    const one = makeProcess('extreme')
    await look(one, 30, (at) => one.gauge.set(at % 2 === 0 ? 1e-300 : 1e300))
    const { items } = await query('extreme_level', { from: ago(3 * 3600), read: 'min', step_s: 60 })
    expect(known(items[0]?.values)).toContain(1e-300)
    expect(known((await query('extreme_level', { from: ago(120), step_s: 5 })).items[0]?.values)).toContain(1e300)
  })

  test('that tells what the database cannot hold goes on without it', async () => {
    const { ctx, failWith } = failing()
    const one = makeProcess('refused', { ctx })
    one.counter.inc({ model: 'half\ud83d and \0' }, 1)
    beginStep(60)
    await look(one, 2, () => one.gauge.set(1))
    const refusal = Object.assign(new pg.DatabaseError('out of range', 0, 'error'), { code: '22003' })
    // A minute is over with them.
    for (let at = 0; at < 13; at += 1) {
      suite.clock.advance(5000)
      failWith(refusal)
      await expect(one.writer.look()).rejects.toThrow('out of range')
    }
    failWith(undefined)
    await look(one, 1, () => one.gauge.set(2))
    expect(await storedMinutes('refused@host:8000')).toEqual([])
    const { items } = await query('refused_level', { from: ago(100), step_s: 5 })
    expect(known(items[0]?.values)).toEqual([1, 1, 2])
  })
})

describe('who asks', () => {
  test('sees no series of a model that is not theirs', async () => {
    const ctx = { ...suite.ctx, actor: { ...suite.ctx.actor, models: new Set(['b']) } }
    const { items } = await query('plain_asked_total', { from: ago(3600), read: 'increase' }, ctx)
    expect(items.map(({ labels }) => labels.model)).toEqual(['b'])
    const list = await listRecordedMetrics({ ctx, input: {} })
    expect(list.items.find(({ name }) => name === 'plain_asked_total')?.labels.model).toEqual(['b'])
    expect(list.items.some(({ name }) => name === 'plain_level')).toBe(true)
  })

  test('is told what is wrong', async () => {
    const ask = (path: string) => suite.send('GET', `/api/v1/metrics/${path}`)
    expect(await ask('query?name=nothing')).toMatchObject({ status: 404, body: { code: 'metric_not_recorded' } })
    expect(await ask('query?name=1')).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await ask('query?name=plain_level&read=rate')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
    expect(await ask('export?name=nothing')).toMatchObject({ status: 404, body: { code: 'metric_not_recorded' } })
  })

  test('gets CSV for programs, and for French Excel', async () => {
    const from = ago(3600)
    const csv = (format: string) =>
      suite.app.inject({
        url: '/api/v1/metrics/export',
        query: { name: 'plain_asked_total', from, aggregate: 'sum', by: 'model', step_s: '60', format },
      })
    const [plain, french] = [await csv('csv'), await csv('csv-fr')]
    expect(plain.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(plain.headers['content-disposition']).toContain('plain_asked_total.csv')
    const [head = '', ...lines] = plain.body.trim().split('\r\n')
    expect(head).toBe('time,"plain_asked_total{model=""a""}","plain_asked_total{model=""b""}"')
    expect(lines.length).toBeGreaterThanOrEqual(60)
    expect(lines.some((line) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z,2,1$/.test(line))).toBe(true)
    expect(french.body.startsWith('\uFEFFtime;')).toBe(true)
    expect(french.body).not.toMatch(/\d\.\d/)
  })
})

test('what is old is rolled up, then erased', async () => {
  const one = makeProcess('old')
  await look(one, 400, () => one.counter.inc({ model: 'a' }, 1))
  await one.writer.close()
  const keep = () => tidyUpMetricHistory(suite.ctx)
  suite.clock.advance(limit('metrics.history_fine_ms'))
  await keep()
  const minutes = await query('old_asked_total', { from: ago(3 * 3600), read: 'increase', step_s: 60 })
  const ofMinutes = sumOf(minutes.items[0]?.values) ?? 0
  // The last minute was not over when the process ended.
  expect(ofMinutes).toBeGreaterThan(399 - 13)
  suite.clock.advance(limit('metrics.history_minutes_ms'))
  await keep()
  const quarters = await query('old_asked_total', { from: ago(4 * 86_400), read: 'increase' })
  expect(quarters.kept_s).toBe(900)
  expect(sumOf(quarters.items[0]?.values) ?? 0).toBeGreaterThanOrEqual(179)
  suite.clock.advance(limit('metrics.history_quarters_ms'))
  await keep()
  expect((await listRecordedMetrics({ ctx: suite.ctx, input: {} })).items).toEqual([])
})

describe('with a Prometheus', () => {
  let prometheus: Server
  let asked: { path: string; params: URLSearchParams }[] = []
  let answer: (path: string) => { status: number; body: string }
  const success = (data: unknown) => ({ status: 200, body: JSON.stringify({ status: 'success', data }) })

  beforeAll(async () => {
    prometheus = createServer((request, reply) => {
      let body = ''
      request.on('data', (part: Buffer) => {
        body += part.toString()
      })
      request.on('end', () => {
        asked.push({ path: request.url ?? '', params: new URLSearchParams(body) })
        const told = answer(request.url ?? '')
        reply.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body)
      })
    })
    await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => prometheus?.close())

  const appOf = (address?: string) => {
    const where = prometheus.address()
    const port = typeof where === 'object' ? where?.port : 0
    const url = address ?? `http://127.0.0.1:${port}/base`
    return makeTestApp(suite.ctx, (app, ctx) => mountMetricHistory(app, { contextOf: () => ctx, prometheus: url }))
  }

  test('charts and lists are read from it', async () => {
    asked = []
    const at = Math.floor(suite.clock.now().getTime() / 1000 / 60) * 60
    answer = (path) => {
      if (path.endsWith('/series')) {
        return success([
          { __name__: 'http_requests_total', job: 'fabrique', status: '2xx' },
          { __name__: 'node_vmstat_pgfault' },
        ])
      }
      return success({
        resultType: 'matrix',
        result: [
          {
            metric: { status: '2xx' },
            values: [
              [at - 540, '1.5'],
              [at - 480, 'NaN'],
            ],
          },
        ],
      })
    }
    const app = await appOf()
    const list = await app.inject('/api/v1/metrics/series')
    expect(list.json()).toMatchObject({
      source: { kind: 'prometheus', state: 'ok' },
      items: [{ name: 'http_requests_total', kind: 'counter', labels: { job: ['fabrique'], status: ['2xx'] } }],
    })
    const from = new Date((at - 600) * 1000).toISOString()
    const found = await app.inject({
      url: '/api/v1/metrics/query',
      query: { name: 'http_requests_total', from, step_s: '60' },
    })
    expect(found.json()).toMatchObject({ source: { kind: 'prometheus', state: 'ok' }, read: 'rate', step_s: 60 })
    expect(found.json().items).toMatchObject([{ labels: { status: '2xx' } }])
    expect(known(found.json().items[0].values)).toEqual([1.5])
    expect(found.json().items[0].values[0]).toBe(1.5)
    expect(asked.at(-1)?.path).toBe('/base/api/v1/query_range')
    expect(asked.at(-1)?.params.get('query')).toBe('rate(http_requests_total{}[60s])')
    await app.close()
  })

  test.each([
    ['is not there', 'http://127.0.0.1:1', success([])],
    ['is something else', undefined, { status: 200, body: '<html>' }],
    ['answers in another form', undefined, success({ resultType: 'scalar' })],
    [
      'refuses',
      undefined,
      { status: 422, body: '{"status":"error","errorType":"execution","error":"too many samples"}' },
    ],
  ])('one that %s is a state; a CSV is refused', async (_, address, told) => {
    answer = () => told
    const app = await appOf(address)
    for (const path of ['series', 'query?name=http_requests_total']) {
      const reply = await app.inject(`/api/v1/metrics/${path}`)
      expect([path, reply.statusCode]).toEqual([path, 200])
      if (path !== 'series' || told.status !== 200 || address !== undefined || told.body.startsWith('<')) {
        expect(reply.json()).toMatchObject({
          source: { kind: 'prometheus', state: 'away', reason: expect.any(String) },
          items: [],
        })
      }
    }
    const csv = await app.inject('/api/v1/metrics/export?name=http_requests_total')
    expect([csv.statusCode, csv.json().code]).toEqual([503, 'prometheus_away'])
    await app.close()
  })
})

// Last: it sets the clock on by an hour.
test('a process that is away for long and comes again writes the steps that were not over', async () => {
  beginStep(900)
  const first = makeProcess('partial')
  await look(first, 8, () => first.counter.inc({ model: 'a' }, 1))
  await first.writer.close()
  suite.clock.advance(40 * 60_000)
  const second = makeProcess('partial')
  await look(second, 1)
  expect(await storedMinutes('partial@host:8000')).not.toEqual([])
  expect(await storedMinutes('partial@host:8000', 900)).toHaveLength(1)
})
