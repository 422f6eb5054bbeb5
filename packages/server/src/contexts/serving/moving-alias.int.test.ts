import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memorySource } from '../../../test/support/memory-source.js'
import { answerOf, operatorModel, operatorSignature, operators } from '../../../test/support/operator-model.js'
import { countingIds, realClock } from '../../../test/support/test-clock.js'
import { listen, makeHttpServer } from '../../platform/http/index.js'
import { silentLog } from '../../platform/logs/index.js'
import { makeHttpMetrics } from '../../platform/metrics/index.js'
import { localActor } from '../../platform/verbs/actor.js'
import { openModelServer } from './model-server.js'
import { onnxOpener } from './onnx-opener.js'
import { mountServingRoutes } from './routes.js'

/** Seconds of the long form, as in a release: an alias is moved 100 times meanwhile. */
const seconds = Number(process.env.TEST_ALIAS_DRILL_SECONDS ?? 0)
const moves = seconds > 0 ? 100 : 20
const connections = 32

const source = memorySource()
for (const operator of operators) source.add('calc', operatorModel(operator), operatorSignature)
source.point('calc', 'champion', '1')

const models = openModelServer({
  source,
  openers: [onnxOpener({ clock: realClock, threads: 1 })],
  clock: realClock,
  log: silentLog,
  defaultModel: 'calc',
})
const agent = new Agent({ keepAlive: true, maxSockets: connections })
let close: () => Promise<void>
let port: number

beforeAll(async () => {
  await models.reconcile()
  const app = await makeHttpServer({
    clock: realClock,
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts: [],
  })
  mountServingRoutes(app, { models, actorOf: () => localActor })
  port = await listen(app, '127.0.0.1', 0)
  close = async () => {
    agent.destroy()
    await app.close()
    await models.close()
  }
})
afterAll(() => close?.())

interface Answer {
  readonly status: number
  readonly body: { readonly version: string; readonly predictions: readonly { readonly prediction: number }[] }
}

function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { agent, port, path, method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      (reply) => {
        let text = ''
        reply.on('data', (chunk) => {
          text += chunk
        })
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: JSON.parse(text) }))
      },
    )
    asked.on('error', reject)
    asked.end(JSON.stringify(body))
  })
}

test('an alias that moves under load fails no request, and each answer is of exactly one version', async () => {
  const rows = Array.from({ length: 5 }, (_, index) => [index + 1, index + 2] as const)
  let isOver = false
  let answered = 0
  const seen = new Set<string>()
  const ask = async () => {
    while (!isOver) {
      const { status, body } = await post('/predict', { features: rows })
      expect(status).toBe(200)
      const of = answerOf[operators[Number(body.version) - 1] ?? 'Add']
      expect(body.predictions.map(({ prediction }) => prediction)).toEqual(rows.map(([a, b]) => Math.fround(of(a, b))))
      answered += 1
      seen.add(body.version)
    }
  }
  const askers = Array.from({ length: connections }, ask)
  const startedMs = realClock.monotonicMs()
  for (let move = 1; move <= moves; move += 1) {
    source.point('calc', 'champion', String((move % operators.length) + 1))
    await models.reconcile()
    const before = answered
    const untilMs = startedMs + (move * seconds * 1000) / moves
    // The version that was moved to answers for a while before the next.
    while (answered < before + 2 * connections || realClock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
  isOver = true
  await Promise.all(askers)
  expect(seen).toEqual(new Set(operators.map((_, index) => String(index + 1))))
})

test('addresses lead to aliases and versions, also of a model that has @ in its name', async () => {
  source.point('calc', 'champion', '1')
  source.point('calc', 'next', '2')
  source.add('calc@next', operatorModel('Mul'), operatorSignature)
  source.add('at@', operatorModel('Mul'), operatorSignature)
  source.point('at@', 'champion', '1')
  await models.reconcile()
  const ask = async (path: string) => {
    const { status, body } = await post(`/api/v1/models/${path}/predict`, { features: [[6, 2]] })
    return status === 200 ? `${body.version}: ${body.predictions[0]?.prediction}` : { status, body }
  }
  expect(await ask('calc')).toBe('1: 8')
  expect(await ask('calc/versions/3')).toBe('3: 12')
  expect(await ask('calc@champion')).toBe('1: 8')
  expect(await ask('at%40')).toBe('1: 12')
  // A model of exactly this name is meant before an alias: here one without a champion.
  expect(await ask('calc@next')).toMatchObject({ status: 404, body: { code: 'model_not_served' } })
  source.remove('calc@next', '1')
  await models.reconcile()
  expect(await ask('calc@none')).toMatchObject({ status: 404, body: { code: 'model_not_served' } })
  expect(await ask('calc/versions/9')).toMatchObject({ status: 404, body: { code: 'model_not_served' } })
  expect(await ask('calc/versions/x')).toMatchObject({ status: 404, body: { code: 'model_not_served' } })
})

test('a request says how long it may wait', async () => {
  const wrong = await post('/predict', { features: [[6, 2]] }, { 'x-request-timeout-ms': 'soon' })
  expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  const right = await post('/predict', { features: [[6, 2]] }, { 'x-request-timeout-ms': '500' })
  expect(right).toMatchObject({ status: 200 })
})
