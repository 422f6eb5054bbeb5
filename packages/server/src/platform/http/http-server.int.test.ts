import { request as sendRequest } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import { silentLog } from '../logs/index.js'
import { makeHttpMetrics } from '../metrics/index.js'
import { isMlflowAddress, mountMlflowEndpoints, sendMlflowFailure } from '../mlflow/index.js'
import { listen, makeHttpServer } from './http-server.js'

async function makeServer(allowedHosts: readonly string[]): Promise<FastifyInstance> {
  const app = await makeHttpServer({
    clock: testClock(),
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts,
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
  expect([reply.statusCode, reply.json().code]).toEqual([400, 'invalid_request'])
})
