import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { limit } from '../../kernel/index.js'
import { createRun, getRun, logBatch, mountMlflowTracking, mountTrackingRoutes } from './index.js'

let suite: TestApp
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    const contextOf = () => ctx
    mountTrackingRoutes(app, { contextOf, modelVersionsOf: async () => new Map() })
    mountMlflowTracking(app, { contextOf })
  })
})
afterAll(() => suite?.close())

interface Point {
  readonly key: string
  readonly value: number | string
  readonly timestamp: number
  readonly step: number
  readonly run_id?: string
}

async function newRun(): Promise<string> {
  return (await createRun({ ctx: suite.ctx, input: {} })).info.run_id
}

/** A run whose metric has `count` points; the times run against the steps. */
async function runWithPoints(count: number, key = 'loss'): Promise<string> {
  const run_id = await newRun()
  for (let start = 0; start < count; start += 1000) {
    const metrics = Array.from({ length: Math.min(1000, count - start) }, (_, index) => {
      const step = start + index
      return { key, value: Math.sin(step), timestamp: count - step, step }
    })
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
  }
  return run_id
}

async function get(path: string, query: Readonly<Record<string, string | number | readonly string[]>>) {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one))
  }
  const reply = await suite.send('GET', `${path}?${search}`)
  const body: { metrics?: Point[]; next_page_token?: string; message?: string; error_code?: string } = reply.body
  return { status: reply.status, body }
}

const post = (path: string, body: object) => suite.send('POST', `/api/2.0/mlflow/${path}`, body)

const history = '/api/2.0/mlflow/metrics/get-history'
const interval = '/api/2.0/mlflow/metrics/get-history-bulk-interval'
const bulk = '/ajax-api/2.0/mlflow/metrics/get-history-bulk'

describe('log-batch', () => {
  test('says which field of which metric is wrong', async () => {
    const run_id = await newRun()
    const good = { key: 'm', value: 1, timestamp: 1, step: 1 }
    const wrong: readonly (readonly [object | string, string])[] = [
      [{ ...good, key: '' }, "Missing value for required parameter 'metrics[1].key'"],
      [{ ...good, key: 3 }, "Invalid value 3 for parameter 'metrics[1].key' supplied"],
      [{ ...good, value: 'x' }, `Invalid value "x" for parameter 'metrics[1].value' supplied`],
      [{ key: 'm', timestamp: 1 }, "Missing value for required parameter 'metrics[1].value'"],
      [{ ...good, timestamp: -1 }, "Invalid value -1 for parameter 'metrics[1].timestamp' supplied"],
      [{ ...good, timestamp: 1.5 }, "Invalid value 1.5 for parameter 'metrics[1].timestamp' supplied"],
      [{ ...good, step: 'x' }, `Invalid value "x" for parameter 'metrics[1].step' supplied`],
      [{ ...good, step: 2 ** 64 }, "Invalid value 18446744073709552000 for parameter 'metrics[1].step' supplied"],
      [{ ...good, key: 'a//b' }, `Invalid value "a//b" for parameter 'metrics[1].name' supplied`],
      ['x', `Invalid value "x" for parameter 'metrics[1]' supplied`],
    ]
    for (const [metric, message] of wrong) {
      const { status, body } = await post('runs/log-batch', { run_id, metrics: [good, metric] })
      expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      expect(body.message.toLowerCase()).toContain(message.toLowerCase())
    }
    expect((await getRun({ ctx: suite.ctx, input: { run_id } })).data.metrics).toEqual([])
    const many = Array.from({ length: 1001 }, (_, step) => ({ ...good, step }))
    expect(await post('runs/log-batch', { run_id, metrics: many })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('at most 1000') },
    })
  })

  test('takes what clients of all ages send', async () => {
    const run_id = await newRun()
    const metrics = [
      { key: 'm', value: '2.5', timestamp: '11', step: '-3' },
      { key: 'm', value: 'NaN', timestamp: 12 },
      { key: 'm', value: 1, timestamp: 13, step: null, extra: true },
    ]
    expect(await post('runs/log-batch', { run_uuid: run_id, metrics })).toEqual({ status: 200, body: {} })
    const { body } = await get(history, { run_id, metric_key: 'm' })
    expect(body).toEqual({
      metrics: [
        { key: 'm', value: 2.5, timestamp: 11, step: -3 },
        { key: 'm', value: 'NaN', timestamp: 12, step: 0 },
        { key: 'm', value: 1, timestamp: 13, step: 0 },
      ],
    })
  })
})

describe('get-history', () => {
  test('gives all points without max_results, by time', async () => {
    const run_id = await runWithPoints(3000)
    const { body } = await get(history, { run_id, metric_key: 'loss' })
    expect(body.next_page_token).toBeUndefined()
    expect(body.metrics?.map(({ step }) => step)).toEqual(Array.from({ length: 3000 }, (_, index) => 2999 - index))
    expect(body.metrics?.every(({ step, value }) => value === Math.sin(step))).toBe(true)
  })

  test('is sent in parts when it is longer than is read at once', async () => {
    const count = limit('tracking.history_points_max') + 2500
    const run_id = await runWithPoints(count)
    const { body } = await get(history, { run_id, metric_key: 'loss' })
    expect(body.metrics).toHaveLength(count)
    expect(new Set(body.metrics?.map(({ step }) => step)).size).toBe(count)
    // A page never has more than that either, whatever is asked.
    const page = await get(history, { run_id, metric_key: 'loss', max_results: 1_000_000 })
    expect(page.body.metrics).toHaveLength(limit('tracking.history_points_max'))
    expect(page.body.next_page_token).toBeDefined()
  })

  test('pages meet without gap, though points are added and are alike', async () => {
    const run_id = await newRun()
    const same = Array.from({ length: 10 }, (_, value) => ({ key: 'm', value, timestamp: 5, step: 5 }))
    const metrics = [...same, { key: 'm', value: Number.NaN, timestamp: 5, step: 5 }]
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
    const seen: Point[] = []
    let token: string | undefined
    do {
      const query = { run_id, metric_key: 'm', max_results: 3, ...(token === undefined ? {} : { page_token: token }) }
      const { body } = await get(history, query)
      seen.push(...(body.metrics ?? []))
      token = body.next_page_token
      const earlier = { key: 'm', value: 0, timestamp: 1, step: seen.length }
      await logBatch({ ctx: suite.ctx, input: { run_id, metrics: [earlier] } })
    } while (token !== undefined)
    expect(seen.map(({ value }) => value)).toEqual([0, 'NaN', 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('refuses what makes no sense', async () => {
    const run_id = await runWithPoints(10)
    const ask = (query: Readonly<Record<string, string | number>>) =>
      get(history, { run_id, metric_key: 'loss', ...query })
    expect(await ask({ max_results: 0 })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('positive integer') },
    })
    expect(await ask({ page_token: 'x' })).toMatchObject({ status: 400 })
    const { body } = await ask({ max_results: 5 })
    const token = body.next_page_token ?? ''
    expect((await ask({ page_token: token, max_results: 5 })).body.metrics).toHaveLength(5)
    expect(await ask({ page_token: token, metric_key: 'other' })).toMatchObject({ status: 400 })
    const forged = Buffer.from(
      Buffer.from(token, 'base64')
        .toString()
        .replace(/"after":\[.*?\]/, '"after":["1","x","y","z"]'),
    )
    expect(await ask({ page_token: forged.toString('base64') })).toMatchObject({ status: 400 })
    expect(await get(history, { run_id: 'missing', metric_key: 'm' })).toMatchObject({
      status: 404,
      body: {
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: expect.stringContaining('Run with id=missing not found'),
      },
    })
    expect((await get(history, { run_id, metric_key: 'none' })).body).toEqual({})
    expect(await get(history, { run_id })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('metric_key') },
    })
  })
})

describe('get-history-bulk-interval', () => {
  test('takes evenly many points of each run, its ends among them', async () => {
    const [long, short] = [await runWithPoints(1003), await runWithPoints(7)]
    for (const max_results of [1, 2, 3, 10, 500, 1002, 1003, 2500]) {
      const { body } = await get(interval, { run_ids: [long, short], metric_key: 'loss', max_results })
      const steps = body.metrics?.filter(({ run_id }) => run_id === long).map(({ step }) => step) ?? []
      expect(steps).toHaveLength(Math.min(max_results, 1003))
      expect(steps.at(-1)).toBe(1002)
      if (max_results > 1) expect(steps[0]).toBe(0)
      expect(steps).toEqual([...new Set(steps)].sort((left, right) => left - right))
      const gaps = steps.slice(1, -1).map((step, index) => step - (steps[index] ?? 0))
      if (gaps.length > 0) expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1)
      expect(body.metrics?.filter(({ run_id }) => run_id === short)).toHaveLength(Math.min(max_results, 7))
    }
    const part = await get(interval, {
      run_ids: long,
      metric_key: 'loss',
      max_results: 3,
      start_step: 100,
      end_step: 200,
    })
    expect(part.body.metrics?.map(({ step }) => step)).toEqual([100, 134, 200])
  })

  test('of many points at one step are no more', async () => {
    const run_id = await newRun()
    const metrics = Array.from({ length: 900 }, (_, index) => ({ key: 'm', value: index, timestamp: index, step: 0 }))
    await logBatch({ ctx: suite.ctx, input: { run_id, metrics } })
    const { body } = await get(interval, { run_ids: run_id, metric_key: 'm', max_results: 10 })
    expect(body.metrics).toHaveLength(10)
    expect(body.metrics?.at(-1)?.value).toBe(899)
  })

  test('has limits and names what is wrong', async () => {
    const run_id = await runWithPoints(5)
    const ask = (query: Readonly<Record<string, string | number | readonly string[]>>) =>
      get(interval, { run_ids: run_id, metric_key: 'loss', ...query })
    const said = (text: string) => ({ status: 400, body: { message: expect.stringContaining(text) } })
    expect(await ask({ max_results: 0 })).toMatchObject(said('max_results must be between 1 and 2500.'))
    expect(await ask({ max_results: 2501 })).toMatchObject(said('max_results must be between 1 and 2500.'))
    expect(await ask({ start_step: 1 })).toMatchObject(said('both must be specified'))
    expect(await ask({ end_step: 1 })).toMatchObject(said('both must be specified'))
    expect(await ask({ start_step: 2, end_step: 1 })).toMatchObject(said('end_step must be greater than start_step'))
    expect(await ask({ run_ids: Array.from({ length: 101 }, () => run_id) })).toMatchObject(said('at most 100 run_ids'))
    expect(await ask({ run_ids: [run_id, 'missing'] })).toMatchObject({ status: 404 })
    expect(await get(interval, { metric_key: 'm' })).toMatchObject(said('run_ids'))
    expect((await ask({ metric_key: 'none' })).body).toEqual({})
  })
})

test('get-history-bulk gives the points of several runs to pages only', async () => {
  const runs = [await runWithPoints(3), await runWithPoints(2)].sort()
  const { body } = await get(bulk, { run_id: [...runs, 'missing'], metric_key: 'loss' })
  const times = body.metrics?.map(({ run_id, timestamp }) => [run_id, timestamp]) ?? []
  expect(times).toEqual(
    [...times].sort((a, b) => (a[0] === b[0] ? Number(a[1]) - Number(b[1]) : String(a[0]) < String(b[0]) ? -1 : 1)),
  )
  expect(times).toHaveLength(5)
  expect((await get(bulk, { run_id: runs, metric_key: 'loss', max_results: 2 })).body.metrics).toHaveLength(2)
  expect((await get(bulk, { metric_key: 'loss' })).status).toBe(400)
  expect((await get('/api/2.0/mlflow/metrics/get-history-bulk', { run_id: runs, metric_key: 'loss' })).status).toBe(404)
})

describe('our own API', () => {
  const series = (body: object) => suite.send('POST', '/api/v1/runs/metric-series', body)

  test('series of several runs are reduced with their extremes kept', async () => {
    const run_id = await runWithPoints(2500)
    await logBatch({
      ctx: suite.ctx,
      input: {
        run_id,
        metrics: [
          { key: 'loss', value: 99, timestamp: 1, step: 1234 },
          { key: 'b', value: Number.NaN, timestamp: 1, step: 1 },
        ],
      },
    })
    const { body } = await series({ run_ids: [run_id, 'missing'], keys: ['loss', 'b', 'none'], points: 50 })
    expect(body.items).toHaveLength(2)
    const [loss, other] = body.items
    expect(loss).toMatchObject({ run_id, key: 'loss', total: 2501 })
    expect(loss.steps.length).toBeLessThanOrEqual(50)
    expect([loss.steps[0], loss.steps.at(-1)]).toEqual([0, 2499])
    expect(loss.values).toContain(99)
    expect(loss.timestamps_ms).toHaveLength(loss.steps.length)
    expect(other).toEqual({ run_id, key: 'b', total: 1, steps: [1], timestamps_ms: [1], values: ['NaN'] })
    const part = await series({ run_ids: [run_id], keys: ['loss'], min_step: 9.5, max_step: 12 })
    expect(part.body.items[0]).toMatchObject({ total: 3, steps: [10, 11, 12] })
    const nothing = await series({ run_ids: [run_id], keys: ['loss'], min_step: 1e300 })
    expect(nothing.body.items).toEqual([])
    expect((await series({ run_ids: [], keys: ['loss'] })).status).toBe(400)
    expect((await series({ run_ids: [run_id], keys: ['loss'], points: 1 })).status).toBe(400)
  })

  test('a series longer than is read at once is reduced as well', async () => {
    const count = limit('tracking.history_points_max') + 1500
    const run_id = await runWithPoints(count)
    const { body } = await series({ run_ids: [run_id], keys: ['loss'], points: 10 })
    expect(body.items[0].total).toBe(count)
    expect(body.items[0].steps.length).toBeLessThanOrEqual(10)
    expect(body.items[0].steps.at(-1)).toBe(count - 1)
  })

  test('a run is renamed and its tags are set and removed', async () => {
    const run_id = await newRun()
    const patch = (payload: object, id = run_id) =>
      suite.app.inject({ method: 'PATCH', url: `/api/v1/runs/${id}`, payload })
    const first = await patch({ name: 'better', tags: { team: 'blue', note: 'x' } })
    expect(first.json()).toMatchObject({
      name: 'better',
      tags: { team: 'blue', note: 'x', 'mlflow.runName': 'better' },
    })
    const second = await patch({ tags: { note: null, none: null, 'mlflow.runName': 'best' } })
    expect(second.json()).toMatchObject({ name: 'best' })
    expect(second.json().tags).toEqual({ team: 'blue', 'mlflow.runName': 'best' })
    expect((await patch({ tags: { 'mlflow.runName': null } })).statusCode).toBe(400)
    expect((await patch({ name: 'a', tags: { 'mlflow.runName': 'b' } })).statusCode).toBe(400)
    expect((await patch({ tags: { 'a//b': 'x' } })).statusCode).toBe(400)
    expect((await patch({ name: '' })).statusCode).toBe(400)
    expect((await patch({ name: 'x' }, 'missing')).statusCode).toBe(404)
    expect((await patch({})).json()).toMatchObject({ name: 'best' })
  })

  test('runs are deleted together or not at all', async () => {
    const runs = [await newRun(), await newRun()]
    const remove = (run_ids: readonly string[]) =>
      suite.app.inject({ method: 'POST', url: '/api/v1/runs/delete', payload: { run_ids } })
    expect((await remove([...runs, 'missing'])).statusCode).toBe(404)
    for (const run_id of runs) {
      expect((await getRun({ ctx: suite.ctx, input: { run_id } })).info.lifecycle_stage).toBe('active')
    }
    expect((await remove([...runs, ...runs])).json()).toEqual({ deleted: 2 })
    expect((await remove(runs)).json()).toEqual({ deleted: 0 })
    expect(
      (await suite.app.inject({ method: 'PATCH', url: `/api/v1/runs/${runs[0]}`, payload: { name: 'x' } })).statusCode,
    ).toBe(400)
  })
})
