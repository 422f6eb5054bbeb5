import { connect } from 'node:net'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import type { Log } from '../logs/index.js'
import { makeHttpMetrics } from '../metrics/index.js'
import { localActor } from '../verbs/actor.js'
import { answerDirectly, type DirectAnswer } from './answer-directly.js'
import { listen, makeHttpServer, requestIdOf } from './http-server.js'
import { setRequestActor } from './request-actor.js'
import { notePrediction } from './request-facts.js'

type Fields = Readonly<Record<string, unknown>>

/** Lines of both ways, and which of them answered. */
const lines: (readonly [level: string, message: string, fields: Fields])[] = []
const ways: string[] = []
const writeAs = (level: string) => (fields: Fields, message: string) => {
  const { err: _, ...rest } = fields
  lines.push([level, message, rest])
}
const log: Log = { debug: writeAs('debug'), info: writeAs('info'), warn: writeAs('warn'), error: writeAs('error') }
const metrics = makeHttpMetrics()

/** What stands for a prediction: says what it was sent, or fails as it is told to. */
function answer(body: unknown): DirectAnswer | Promise<DirectAnswer> {
  const { fail, later } = body as { fail?: string; later?: boolean }
  if (fail === 'bug') throw new TypeError('x is not a function')
  if (fail === 'server_overloaded') throw new FabriqueError(fail, { reason: 'r', reason_fr: 'r' })
  if (fail === 'rate_limited') throw new FabriqueError(fail, { scope: 's', limit: 1, window_s: 1, retry_after_s: 7 })
  if (fail === 'permission_denied') throw new FabriqueError(fail, { actor: 'a', permission: 'predictions.make' })
  if (fail === 'model_not_granted') throw new FabriqueError(fail, { actor: 'a', model: 'm' })
  if (fail === 'login_required') throw new FabriqueError(fail, {})
  if (fail !== undefined)
    throw new FabriqueError('feature_names_wrong', { row: 0, model: 'm', reason: fail, names: 'x' })
  const found = { text: JSON.stringify({ body, name: 'été' }), model: 'm', version: '3' }
  return later === true ? new Promise((resolve) => setImmediate(() => resolve(found))) : found
}

let app: FastifyInstance
let port = 0
beforeAll(async () => {
  const parts = { clock: testClock(), ids: countingIds(), log, metrics, allowedHosts: [] }
  app = await makeHttpServer(parts)
  app.addHook('onRequest', (request, _reply, done) => {
    ways.push('route')
    setRequestActor(request, localActor)
    done()
  })
  app.post('/say', { config: { access: 'predictions.make' } }, async (request, reply) => {
    const { text, model, version } = await answer(request.body)
    notePrediction(request, model, version)
    return reply.type('application/json; charset=utf-8').send(text)
  })
  answerDirectly(app, {
    ...parts,
    idOf: (request) => requestIdOf(request, parts.ids),
    admit({ url, headers }) {
      if (url !== '/say' || headers['x-way'] === 'route') return undefined
      ways.push('direct')
      return { route: '/say', access: 'predictions.make', actor: localActor, answer: ({ body }) => answer(body) }
    },
  })
  port = await listen(app, '127.0.0.1', 0)
  // What is counted stands there from the first time on.
  await send('direct', { body: '{}' })
})
afterAll(() => app?.close())

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends a request as it is, and gives what was answered, what was logged of it and what was counted, but for what tells the ways apart. */
async function send(way: 'direct' | 'route', { headers = {}, body }: Sent) {
  lines.length = 0
  ways.length = 0
  const before = await counts()
  const reply = await fetch(`http://127.0.0.1:${port}/say`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'req-1', 'x-way': way, ...headers },
    body,
  })
  const text = await reply.text()
  // The line is written when the reply has left, which its reader may see first.
  while (!lines.some(([, message]) => message === 'request')) await new Promise((resolve) => setImmediate(resolve))
  const { date: _, ...told } = Object.fromEntries(reply.headers)
  const after = await counts()
  const counted = after.filter((line) => !before.includes(line)).map((line) => line.split(' ')[0])
  return { status: reply.status, headers: told, text, lines: [...lines], counted, ways: [...ways] }
}

async function counts(): Promise<readonly string[]> {
  return (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('http_'))
}

const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`

describe('both ways answer, log and count alike', () => {
  test.each<[string, Sent]>([
    ['an answer at once', { body: '{"x":1}' }],
    ['a later one', { body: '{"later":true}' }],
    ['of a type with its charset', { body: '{"x":1}', headers: { 'content-type': 'application/json; charset=utf-8' } }],
    ['to what asks whether the server is up', { body: '{}', headers: { 'user-agent': 'fabrique-up' } }],
    ['a refusal', { body: '{"fail":"x is missing"}' }],
    ['in French', { body: '{"fail":"x"}', headers: { 'accept-language': 'fr' } }],
    ['where too much waits', { body: '{"fail":"server_overloaded"}' }],
    ['when to come back', { body: '{"fail":"rate_limited"}' }],
    ['a right that is missing', { body: '{"fail":"permission_denied"}' }],
    ['a model that is not granted', { body: '{"fail":"model_not_granted"}' }],
    ['a login that is missing', { body: '{"fail":"login_required"}' }],
    ['a bug', { body: '{"fail":"bug"}' }],
    ['no JSON', { body: '{"x":' }],
    ['a prototype', { body: '{"__proto__":{"x":1}}' }],
    ['JSON that is too deep', { body: deep }],
  ])('%s', async (_, sent) => {
    const direct = await send('direct', sent)
    const route = await send('route', sent)
    expect(direct).toEqual({ ...route, ways: ['direct'] })
    expect(route.ways).toEqual(['route'])
    expect(direct.headers['x-request-id']).toBe('req-1')
  })
})

test.each<[string, Sent]>([
  ['large', { body: JSON.stringify({ x: 'x'.repeat(70_000) }) }],
  ['of another type', { body: 'x', headers: { 'content-type': 'text/plain' } }],
  ['without content', { body: '' }],
])('what is %s goes the way of all others', async (_, sent) => {
  expect((await send('direct', sent)).ways).toEqual(['route'])
})

test('answers that are found in one turn, over one connection, come in the order of their requests', async () => {
  const bodies = Array.from({ length: 20 }, (_, x) => JSON.stringify(x % 3 === 0 ? { x, later: true } : { x }))
  const head = 'POST /say HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n'
  const socket = connect(port, '127.0.0.1')
  socket.write(bodies.map((body) => `${head}content-length: ${body.length}\r\n\r\n${body}`).join(''))
  let text = ''
  for await (const part of socket) {
    text += String(part)
    if (text.split('HTTP/1.1 200').length > bodies.length && text.endsWith('}')) break
  }
  const found = [...text.matchAll(/"x":(\d+)/g)].map(([, x]) => Number(x))
  expect(found).toEqual(bodies.map((_, x) => x))
})

test('who goes away before all is sent is told of', async () => {
  lines.length = 0
  ways.length = 0
  const socket = connect(port, '127.0.0.1')
  socket.write(
    'POST /say HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"x"',
  )
  while (ways.length === 0) await new Promise((resolve) => setImmediate(resolve))
  socket.destroy()
  while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(lines).toEqual([['debug', 'The client went away', { request_id: expect.any(String) }]])
})
