import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import { silentLog } from '../logs/index.js'
import { makeHttpMetrics } from '../metrics/index.js'
import { openEventSource } from './event-source.js'
import { listen, makeHttpServer } from './http-server.js'

test('a stream whose client left before it opened is closed, once', async () => {
  const app = await makeHttpServer({
    clock: testClock(),
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts: [],
  })
  onTestFinished(() => app.close())
  const seen = new EventEmitter()
  let closed = 0
  // As one that looks something up before it opens.
  app.get('/stream', async (request, reply) => {
    const left = once(reply.raw, 'close')
    seen.emit('arrived')
    await left
    const source = openEventSource(request, reply, () => {
      closed += 1
    })
    source.send({ data: 'too late' })
    setImmediate(() => seen.emit('opened'))
    return reply
  })
  const [arrived, opened] = [once(seen, 'arrived'), once(seen, 'opened')]
  const request = http.get({ port: await listen(app, '127.0.0.1', 0), path: '/stream' }).on('error', () => {})
  await arrived
  request.destroy()
  await opened
  expect(closed).toBe(1)
})
