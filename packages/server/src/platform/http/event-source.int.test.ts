import { EventEmitter, once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { countingIds, testClock } from '../../../test/support/test-clock.js'
import { silentLog } from '../logs/index.js'
import { makeHttpMetrics } from '../metrics/index.js'
import { endStreams, type OpenEventSource, openEventSource } from './event-source.js'
import { listen, makeHttpServer } from './http-server.js'

async function openServer() {
  const app = await makeHttpServer({
    clock: testClock(),
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts: [],
  })
  onTestFinished(() => app.close())
  return app
}

test('a stream whose client left before it opened is closed, once', async () => {
  const app = await openServer()
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

/** A stream to a client that reads it or does not. */
async function openStream({ isRead }: { readonly isRead: boolean }) {
  const app = await openServer()
  const opened = new Promise<{ readonly source: OpenEventSource; readonly raw: ServerResponse }>((resolve) => {
    app.get('/stream', async (request, reply) => {
      resolve({ source: openEventSource(request, reply, () => {}), raw: reply.raw })
      return reply
    })
  })
  const port = await listen(app, '127.0.0.1', 0)
  const request = http.get({ port, path: '/stream' }, (reply) => {
    reply.on('error', () => {})
    if (isRead) reply.resume()
  })
  request.on('error', () => {})
  onTestFinished(() => void request.destroy())
  const stream = await opened
  const errors: unknown[] = []
  stream.raw.on('error', (error) => errors.push(error))
  return { ...stream, errors }
}

test('a stream whose client does not read ends at once when its login does, and takes nothing more', async () => {
  const { source, raw, errors } = await openStream({ isRead: false })
  while (raw.writableLength === 0) {
    source.send({ data: 'x'.repeat(100_000) })
    await new Promise(setImmediate)
  }
  const closed = once(raw, 'close')
  await endStreams(async () => false)
  expect(raw.destroyed).toBe(true)
  for (let round = 0; round < 2; round += 1) source.send({ data: 'too late' })
  await closed
  expect(errors).toEqual([])
})

test('a stream that has ended takes nothing more', async () => {
  const { source, raw, errors } = await openStream({ isRead: true })
  const closed = once(raw, 'close')
  source.end()
  for (let round = 0; round < 2; round += 1) source.send({ data: 'too late' })
  await closed
  expect(errors).toEqual([])
})
