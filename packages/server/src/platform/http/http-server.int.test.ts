import { request as sendRequest } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import { limit } from '../../kernel/index.js'
import { silentLog } from '../logs/index.js'
import { makeHttpMetrics } from '../metrics/index.js'
import { isMlflowAddress, mountMlflowEndpoints, sendMlflowFailure } from '../mlflow/index.js'
import { type HttpServerOptions, listen, makeHttpServer } from './http-server.js'
import { noteActor, notePrediction } from './request-facts.js'

async function makeServer(
  allowedHosts: readonly string[],
  given: Partial<HttpServerOptions> = {},
): Promise<FastifyInstance> {
  const app = await makeHttpServer({
    clock: testClock(),
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts,
    ...given,
    answerBadRequest: (error, request, reply) =>
      isMlflowAddress(request.url) ? sendMlflowFailure(error, request, reply, silentLog) : undefined,
  })
  const endpoints = [{ method: 'POST', path: 'runs/:id', handle: async () => ({}) }] as const
  mountMlflowEndpoints(app, endpoints, { contextOf: () => ({ log: silentLog }) as never })
  app.get('/read', async () => ({}))
  app.post('/write-back', async ({ body }) => JSON.stringify(body))
  return app
}

let app: FastifyInstance
let open: FastifyInstance
beforeAll(async () => {
  app = await makeServer(['ml.example'])
  open = await makeServer(['*'])
})
afterAll(async () => {
  await app?.close()
  await open?.close()
})

const change = { method: 'POST', url: '/api/2.0/mlflow/runs/1', payload: {} } as const

describe('pages of other sites', () => {
  test.each([
    ['https://evil.example'],
    ['null'],
    ['http://localhost.evil.example'],
    ['http://ml.example.evil.example:8000'],
    ['http://evil.example/127.0.0.1'],
    // Another program answers there.
    ['https://ml.example:3000'],
  ])('change nothing: %s', async (origin) => {
    for (const server of [app, open]) {
      const reply = await server.inject({ ...change, headers: { host: '127.0.0.1:8000', origin } })
      expect(reply.statusCode).toBe(403)
      expect(reply.json()).toMatchObject({ error_code: 'PERMISSION_DENIED' })
    }
  })

  test('of this server, of this machine and of named hosts do', async () => {
    for (const origin of ['http://127.0.0.1:8000', 'http://localhost:5173', 'https://ml.example', undefined]) {
      const headers = origin === undefined ? {} : { origin }
      const reply = await app.inject({ ...change, headers: { host: '127.0.0.1:8000', ...headers } })
      expect([origin, reply.statusCode]).toEqual([origin, 200])
    }
    const headers = { host: 'any.example', origin: 'https://any.example' }
    expect((await open.inject({ ...change, headers })).statusCode).toBe(200)
  })
})

test('names that are not this server are refused', async () => {
  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '0x7f.1', 'null']) {
    expect([host, (await app.inject({ url: '/read', headers: { host } })).statusCode]).toEqual([host, 403])
  }
  expect((await app.inject({ url: '/read', headers: { host: 'ML.example:8000' } })).statusCode).toBe(200)
})

test('an address that cannot be decoded is refused in the form of its protocol', async () => {
  const own = await app.inject({ url: '/read/%zz' })
  expect([own.statusCode, own.json().code]).toEqual([400, 'invalid_request'])
  const foreign = await app.inject({ method: 'POST', url: '/api/2.0/mlflow/runs/%zz' })
  expect(foreign.statusCode).toBe(400)
  expect(foreign.json()).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE', message: expect.any(String) })
})

/** Sends a body of zeros and gives what was answered. */
function upload(port: number, bytes: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': bytes }
    const request = sendRequest({ port, host: '127.0.0.1', path: change.url, method: 'POST', headers }, (reply) => {
      let text = ''
      reply.on('data', (part) => {
        text += String(part)
      })
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }))
    })
    request.on('error', reject)
    request.end(Buffer.alloc(bytes, '0'))
  })
}

test('a body far too large is refused with 413, and its sender can read that', async () => {
  const port = await listen(app, '127.0.0.1', 0)
  const { status, text } = await upload(port, 60 * 1024 * 1024)
  expect(status).toBe(413)
  expect(JSON.parse(text)).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' })
})

test('a body nested deeper than any stack is the mistake of who sent it', async () => {
  const headers = { 'content-type': 'application/json' }
  const payload = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const reply = await app.inject({ method: 'POST', url: '/write-back', headers, payload })
  expect([reply.statusCode, reply.json().code]).toEqual([400, 'json_too_deep'])
})

test('a client that sends slowly, or nothing, holds a connection for a bounded time', () => {
  const { headersTimeout, requestTimeout, timeout, keepAliveTimeout } = app.server
  expect({ headersTimeout, requestTimeout, timeout, keepAliveTimeout }).toEqual({
    headersTimeout: limit('http.header_timeout_ms'),
    requestTimeout: limit('http.request_timeout_ms'),
    timeout: limit('http.silence_timeout_ms'),
    keepAliveTimeout: 72_000,
  })
})

test('replies say what browsers may not do with them', async () => {
  const read = await app.inject({ url: '/read' })
  expect(read.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': "frame-ancestors 'none'",
    'referrer-policy': 'same-origin',
  })
  expect(read.headers).not.toHaveProperty('strict-transport-security')
  expect((await app.inject({ url: '/api/v1/none' })).headers['cache-control']).toBe('no-store')
})

test('behind a trusted proxy that speaks https, browsers are told to stay with it', async () => {
  const behind = await makeServer(['ml.example'], { trustedProxies: ['loopback'] })
  onTestFinished(() => behind.close())
  const headers = { host: 'ml.example', 'x-forwarded-proto': 'https' }
  const ask = (remoteAddress: string) => behind.inject({ url: '/read', headers, remoteAddress })
  expect((await ask('127.0.0.1')).headers['strict-transport-security']).toBe('max-age=31536000')
  expect((await ask('192.0.2.1')).headers).not.toHaveProperty('strict-transport-security')
})

test('each request is logged once, with who asked and which model answered', async () => {
  const lines: Readonly<Record<string, unknown>>[] = []
  const log = { ...silentLog, info: (fields: Readonly<Record<string, unknown>>) => lines.push(fields) }
  const logged = await makeServer([], { log })
  onTestFinished(() => logged.close())
  logged.get('/predict/:model', async (request) => {
    noteActor(request, 'user:anna')
    notePrediction(request, 'iris', '3')
    return {}
  })
  await logged.inject({ url: '/predict/iris', headers: { 'x-request-id': 'mine' } })
  await logged.inject({ url: '/nothing' })
  expect(lines).toEqual([
    {
      request_id: 'mine',
      method: 'GET',
      route: '/predict/:model',
      status: 200,
      duration_ms: 0,
      actor: 'user:anna',
      model_version: 'iris/3',
    },
    expect.objectContaining({ path: '/nothing', status: 404, actor: undefined, model_version: undefined }),
  ])
})
