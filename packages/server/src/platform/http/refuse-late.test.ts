import { FabriqueError } from '@fabrique/contract'
import Fastify from 'fastify'
import { afterEach, expect, test, vi } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { limit } from '../../kernel/index.js'
import { silentLog } from '../logs/index.js'
import { answerErrors } from './problem-replies.js'
import { type RequestTarget, refuseLate } from './refuse-late.js'

const free = limit('serving.queue_free')

interface Behaviour {
  readonly msEach: number
  isBehind(target: RequestTarget | undefined): boolean
}

afterEach(() => {
  vi.useRealTimers()
})

/** A server whose requests keep its thread for some time each. */
async function server({ msEach = 0, isBehind = () => false }: Partial<Behaviour> = {}) {
  const clock = testClock()
  const warn = vi.fn()
  const app = Fastify()
  app.addHook('onRequest', (_request, _reply, done) => {
    clock.advance(msEach)
    done()
  })
  refuseLate(app, { clock, log: { ...silentLog, warn }, isBehind })
  const warnOfErrors = vi.fn()
  answerErrors(app, { ...silentLog, warn: warnOfErrors })
  const read: unknown[] = []
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
    read.push(body)
    done(null, body)
  })
  const answer = async () => 'answered'
  app.post('/predict', { config: { predicts: true } }, answer)
  app.post('/models/:model', { config: { predicts: true } }, answer)
  app.post('/models/:model/versions/:version', { config: { predicts: true } }, answer)
  const targetOf = () => ({ model: 'named', alias: 'slow' })
  app.post('/named', { config: { predicts: true, targetOf } }, answer)
  app.post('/models/:model/explain', { config: { predicts: true, isApart: true } }, answer)
  app.post('/full', async () => {
    throw new FabriqueError('server_overloaded', { reason: 'its queue is full', reason_fr: 'sa file est pleine' })
  })
  app.post('/other', answer)
  await app.ready()
  const ask = (url = '/predict') =>
    app.inject({ method: 'POST', url, payload: 'x', headers: { 'content-type': 'text/plain' } })
  const crowd = async (count: number, url?: string) =>
    (await Promise.all(Array.from({ length: count }, () => ask(url)))).map(({ statusCode }) => statusCode)
  return { app, ask, crowd, read, warn, warnOfErrors }
}

const times = (count: number, value: number) => Array.from({ length: count }, () => value)

test('what comes late in a long turn is refused before its body is read, and taken again in the next', async () => {
  const { ask, crowd, read, warn } = await server({ msEach: 1 + limit('serving.queue_ms_max') / free })
  expect(await crowd(free + 10)).toEqual([...times(free, 200), ...times(10, 503)])
  expect(read).toHaveLength(free)
  expect(warn).toHaveBeenCalledTimes(1)
  await new Promise((resolve) => setImmediate(resolve))
  const { statusCode, headers } = await ask()
  expect(statusCode).toBe(200)
  expect(headers['retry-after']).toBeUndefined()
})

test('many that take no time are all taken, and so are other requests however long they take', async () => {
  const quick = await server({ msEach: 0.01 })
  expect(await quick.crowd(free + 50)).toEqual(times(free + 50, 200))
  const slow = await server({ msEach: limit('serving.queue_ms_max') })
  expect(await slow.crowd(free + 10, '/other')).toEqual(times(free + 10, 200))
})

test('a refusal says when to come back', async () => {
  const { ask } = await server({ isBehind: () => true })
  const { statusCode, headers, body } = await ask()
  expect([statusCode, headers['retry-after'], JSON.parse(body).code]).toEqual([503, '1', 'server_overloaded'])
})

test('what an address names is looked for with its version or alias', async () => {
  const asked: (RequestTarget | undefined)[] = []
  const { ask } = await server({
    isBehind: (target) => {
      asked.push(target)
      return target?.model === 'slow' || target?.version === '2' || target?.alias === 'slow'
    },
  })
  const addresses = ['/models/slow', '/models/quick', '/models/quick/versions/2', '/named', '/predict']
  const statuses: number[] = []
  for (const address of addresses) statuses.push((await ask(address)).statusCode)
  expect(statuses).toEqual([503, 200, 503, 503, 200])
  expect(asked).toEqual([
    { model: 'slow' },
    { model: 'quick' },
    { model: 'quick', version: '2' },
    { model: 'named', alias: 'slow' },
    undefined,
  ])
})

test('what is computed apart is taken while predictions are refused', async () => {
  const { ask } = await server({ isBehind: () => true })
  expect((await ask('/models/slow/explain')).statusCode).toBe(200)
})

test('a burst is told by its first refusal, and by the number of the others a second later', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { app, ask, warn, warnOfErrors } = await server({ isBehind: () => true })
  const refused = () => warn.mock.calls.map(([fields]) => fields.refused)
  for (let at = 0; at < 5; at += 1) await ask()
  expect(refused()).toEqual([1])
  vi.advanceTimersByTime(1000)
  expect(refused()).toEqual([1, 4])
  vi.advanceTimersByTime(10_000)
  expect(refused()).toEqual([1, 4])
  await ask()
  await ask()
  await app.close()
  expect(refused()).toEqual([1, 4, 1, 1])
  expect(warnOfErrors).not.toHaveBeenCalled()
})

test('another server that is overloaded is told by the request', async () => {
  const { ask, warnOfErrors } = await server()
  expect((await ask('/full')).statusCode).toBe(503)
  expect(warnOfErrors).toHaveBeenCalledWith(expect.objectContaining({ code: 'server_overloaded' }), expect.any(String))
})
