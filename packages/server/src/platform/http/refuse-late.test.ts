import Fastify from 'fastify'
import { expect, test, vi } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { limit } from '../../kernel/index.js'
import { silentLog } from '../logs/index.js'
import { answerErrors } from './problem-replies.js'
import { refuseLate } from './refuse-late.js'

const free = limit('serving.queue_free')

interface Behaviour {
  readonly msEach: number
  isBehind(model: string | undefined): boolean
}

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
  answerErrors(app, silentLog)
  const read: unknown[] = []
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
    read.push(body)
    done(null, body)
  })
  const answer = async () => 'answered'
  app.post('/predict', { config: { predicts: true } }, answer)
  app.post('/models/:model', { config: { predicts: true } }, answer)
  app.post('/other', answer)
  await app.ready()
  const ask = (url = '/predict') =>
    app.inject({ method: 'POST', url, payload: 'x', headers: { 'content-type': 'text/plain' } })
  const crowd = async (count: number, url?: string) =>
    (await Promise.all(Array.from({ length: count }, () => ask(url)))).map(({ statusCode }) => statusCode)
  return { ask, crowd, read, warn }
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

test('the model of an address that is behind is told by its name', async () => {
  const asked: (string | undefined)[] = []
  const { ask } = await server({
    isBehind: (model) => {
      asked.push(model)
      return model === 'slow'
    },
  })
  const replies = [await ask('/models/slow'), await ask('/models/quick'), await ask()]
  expect(replies.map(({ statusCode }) => statusCode)).toEqual([503, 200, 200])
  expect(asked).toEqual(['slow', 'quick', undefined])
})
