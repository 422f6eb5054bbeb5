import { defineRoute, parseRate, type Rate } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import { silentLog } from '../logs/index.js'
import { makeHttpMetrics } from '../metrics/index.js'
import { mountMlflowEndpoints } from '../mlflow/index.js'
import { memoryRateStore } from '../rate-limits/index.js'
import { makeHttpServer } from './http-server.js'
import { limitRates, type RateRules } from './limit-rates.js'
import { mountRoute } from './mount-route.js'

const rate = (text: string): Rate | undefined => parseRate(text)

interface Given {
  readonly predict?: string
  readonly api?: string
  readonly routes?: Readonly<Record<string, string>>
  readonly models?: Readonly<Record<string, string>>
  readonly olderHeaders?: boolean
  readonly trustedProxies?: readonly string[]
}

async function makeServer(given: Given) {
  const clock = testClock()
  const app = await makeHttpServer({
    clock,
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts: ['*'],
    trustedProxies: given.trustedProxies ?? [],
  })
  onTestFinished(() => app.close())
  const rules: RateRules = {
    predict: rate(given.predict ?? ''),
    api: rate(given.api ?? ''),
    routes: new Map(Object.entries(given.routes ?? {}).flatMap(([path, text]) => [[path, rate(text) ?? never()]])),
    modelRate: (model = 'iris') => {
      const own = rate(given.models?.[model] ?? '')
      return own === undefined ? undefined : { model, rate: own }
    },
  }
  limitRates(app, {
    store: memoryRateStore(clock),
    rules,
    callerOf: ({ headers }) => headers['x-caller']?.toString(),
    olderHeaders: given.olderHeaders ?? false,
  })
  const body = z.object({ features: z.array(z.number()) })
  const described = {
    method: 'POST',
    summary: 'Predict',
    tag: 'predictions',
    permission: 'predictions.make',
    body,
  } as const
  const reply = z.object({})
  mountRoute(app, defineRoute({ ...described, path: '/predict', reply }), async () => ({}), { predicts: true })
  mountRoute(app, defineRoute({ ...described, path: '/api/v1/models/:model/predict', reply }), async () => ({}), {
    predicts: true,
  })
  const endpoints = [{ method: 'POST', path: 'runs/create', handle: async () => ({}) }] as const
  mountMlflowEndpoints(app, endpoints, { contextOf: () => ({ log: silentLog }) as never })
  app.get('/api/v1/runs', async () => [])
  app.post('/api/v1/runs', async () => [])
  app.get('/health', async () => 'OK')
  return { app, clock }
}

function never(): never {
  throw new Error('The test gives no rate')
}

const features = { features: [1] }
const predict = (app: FastifyInstance, caller = 'anna', url = '/predict') =>
  app.inject({ method: 'POST', url, payload: features, headers: { 'x-caller': caller } })

test('ten predictions a minute: the eleventh is told when to come back, and may then', async () => {
  const { app, clock } = await makeServer({ predict: '10/minute' })
  for (let left = 9; left >= 0; left -= 1) {
    const { statusCode, headers } = await predict(app)
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({
      'ratelimit-policy': '"predict";q=10;w=60',
      ratelimit: `"predict";r=${left};t=${6 * (10 - left)}`,
    })
    expect(headers).not.toHaveProperty('retry-after')
  }
  const refused = await predict(app)
  expect(refused.statusCode).toBe(429)
  expect(refused.headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'retry-after': '6',
    ratelimit: '"predict";r=0;t=6',
    'ratelimit-policy': '"predict";q=10;w=60',
  })
  expect(refused.headers).not.toHaveProperty('ratelimit-limit')
  expect(refused.json()).toMatchObject({
    code: 'rate_limited',
    status: 429,
    params: { scope: 'predict', limit: 10, window_s: 60, retry_after_s: 6 },
  })
  expect((await predict(app, 'ben')).statusCode).toBe(200)
  clock.advance(6000)
  expect((await predict(app)).statusCode).toBe(200)
  expect((await predict(app)).statusCode).toBe(429)
})

test('wrong requests count too, before they are read', async () => {
  const { app } = await makeServer({ predict: '2/minute' })
  const send = (payload: string) =>
    app.inject({ method: 'POST', url: '/predict', payload, headers: { 'content-type': 'application/json' } })
  expect([(await send('{')).statusCode, (await send('{}')).statusCode, (await send('{')).statusCode]).toEqual([
    400, 400, 429,
  ])
})

test('a model may have a rate of its own, which counts apart from those of others', async () => {
  const { app } = await makeServer({ predict: '3/minute', models: { iris: '1/minute' } })
  const of = async (url: string) => (await predict(app, 'anna', url)).statusCode
  const iris = '/api/v1/models/iris/predict'
  expect([await of(iris), await of(iris), await of('/predict')]).toEqual([200, 429, 429])
  const churn = '/api/v1/models/churn/predict'
  expect([await of(churn), await of('/api/v1/models/price/predict'), await of(churn), await of(churn)]).toEqual([
    200, 200, 200, 429,
  ])
})

test('APIs have a rate of their own, which spares predictions and what watches the server', async () => {
  const { app } = await makeServer({ api: '2/minute' })
  const get = (url: string, method: 'GET' | 'HEAD' = 'GET') => app.inject({ method, url, headers: { 'x-caller': 'c' } })
  const first = await get('/api/v1/runs')
  expect(first.headers.ratelimit).toBe('"api";r=1;t=30')
  expect((await get('/api/v1/runs', 'HEAD')).headers.ratelimit).toBe('"api";r=0;t=60')
  expect((await get('/api/v1/runs')).statusCode).toBe(429)
  for (const url of ['/health', '/openapi.json', '/metrics']) {
    const { statusCode, headers } = await get(url)
    expect([url, statusCode === 429, headers.ratelimit]).toEqual([url, false, undefined])
  }
  const { statusCode, headers } = await predict(app, 'c')
  expect([statusCode, headers.ratelimit]).toEqual([200, undefined])
})

test('clients of MLflow are refused in the form of their protocol', async () => {
  const { app } = await makeServer({ api: '1/minute' })
  const create = () => app.inject({ method: 'POST', url: '/api/2.0/mlflow/runs/create', payload: {} })
  expect((await create()).statusCode).toBe(200)
  const refused = await create()
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '60'])
  expect(refused.json()).toEqual({
    error_code: 'REQUEST_LIMIT_EXCEEDED',
    message: expect.stringContaining('1 in 60 s'),
  })
})

test('single routes can be limited by their address', async () => {
  const { app } = await makeServer({ routes: { 'GET /api/v1/runs': '1/hour', '/predict': '2/hour' } })
  const runs = async () => (await app.inject({ url: '/api/v1/runs' })).statusCode
  expect([await runs(), await runs()]).toEqual([200, 429])
  const codes = [await predict(app), await predict(app), await predict(app)].map(({ statusCode }) => statusCode)
  expect(codes).toEqual([200, 200, 429])
  expect((await predict(app, 'anna', '/api/v1/models/iris/predict')).headers.ratelimit).toBeUndefined()
  const { app: wrong } = await makeServer({ routes: { 'POST /retrian': '1/hour' } })
  await expect(wrong.ready()).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('/retrian'),
  })
})

test('rules of the methods of one address count apart', async () => {
  const { app } = await makeServer({ routes: { 'GET /api/v1/runs': '1/hour', 'POST /api/v1/runs': '1/hour' } })
  const ask = async (method: 'GET' | 'POST') => (await app.inject({ method, url: '/api/v1/runs' })).statusCode
  expect([await ask('GET'), await ask('POST'), await ask('GET'), await ask('POST')]).toEqual([200, 200, 429, 429])
})

test('who used up a rate is not held to it once it is another', async () => {
  const models = { iris: '1/day' }
  const { app } = await makeServer({ models })
  const iris = async () => (await predict(app, 'anna', '/api/v1/models/iris/predict')).statusCode
  expect([await iris(), await iris()]).toEqual([200, 429])
  models.iris = '2/minute'
  expect([await iris(), await iris(), await iris()]).toEqual([200, 200, 429])
})

test('the headers of older drafts come where they are asked for', async () => {
  const { app } = await makeServer({ predict: '2/minute', olderHeaders: true })
  expect((await predict(app)).headers).toMatchObject({
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
    'ratelimit-reset': '30',
  })
})

test('who is known by nothing counts by address, which only a trusted proxy may say', async () => {
  const from = (app: FastifyInstance, remoteAddress: string, forwarded?: string) =>
    app.inject({
      method: 'POST',
      url: '/predict',
      payload: features,
      remoteAddress,
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    })
  const { app: plain } = await makeServer({ predict: '1/minute' })
  expect((await from(plain, '192.0.2.1', '198.51.100.1')).statusCode).toBe(200)
  expect((await from(plain, '192.0.2.1', '198.51.100.2')).statusCode).toBe(429)
  expect((await from(plain, '192.0.2.2')).statusCode).toBe(200)

  const { app: behind } = await makeServer({ predict: '1/minute', trustedProxies: ['10.0.0.0/8'] })
  expect((await from(behind, '10.1.2.3', '198.51.100.1')).statusCode).toBe(200)
  expect((await from(behind, '10.1.2.3', '198.51.100.2')).statusCode).toBe(200)
  // What a client writes in front of what the proxy adds is not believed.
  expect((await from(behind, '10.1.2.3', '203.0.113.9, 198.51.100.1')).statusCode).toBe(429)
  expect((await from(behind, '192.0.2.1', '198.51.100.3')).statusCode).toBe(200)
  expect((await from(behind, '192.0.2.1', '198.51.100.4')).statusCode).toBe(429)
})

test('where nothing is limited, nothing is added', async () => {
  const { app } = await makeServer({})
  const { statusCode, headers } = await predict(app)
  expect([statusCode, headers.ratelimit, headers['ratelimit-policy']]).toEqual([200, undefined, undefined])
})
