import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { goodPassword } from '../../test/support/auth-app.js'
import { openTestContext, type TestContext } from '../../test/support/test-context.js'
import { createUser } from '../contexts/auth/index.js'
import { openEventStream } from '../platform/events/index.js'
import {
  type ContextOf,
  type EventStream,
  listen,
  makeHttpMetrics,
  makeHttpServer,
  memoryRateStore,
  openEventSource,
  requestActor,
} from '../platform/index.js'
import { type Auth, openAuth } from './auth.js'
import { authenticateRequests } from './authenticate.js'
import { readConfig } from './config/index.js'

let suite: TestContext
let events: EventStream
let auth: Auth
let app: FastifyInstance
let port: number

beforeAll(async () => {
  // The timers of what is tested; that of the events goes on by itself.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  suite = await openTestContext()
  const { ctx } = suite
  events = openEventStream({
    db: ctx.db,
    url: suite.database.url,
    applicationName: 'fabrique-test',
    log: ctx.log,
    pollMs: 100,
  })
  const config = readConfig({ flags: {}, env: { FABRIQUE_RATE_LOGIN: '1000/s' }, projectDir: suite.folder })
  auth = await openAuth({ config, ctx, events, rates: memoryRateStore(ctx.clock) })
  const { clock, ids, log } = ctx
  app = await makeHttpServer({ clock, ids, log, metrics: makeHttpMetrics(), allowedHosts: [] })
  const contextOf: ContextOf = (request) => ({ ...ctx, actor: requestActor(request), requestId: request.id })
  authenticateRequests(app, { authenticator: auth.authenticator, allowedHosts: [] })
  auth.mount(app, contextOf)
  app.get('/stream', { config: { access: 'runs.read' } }, async (request, reply) => {
    openEventSource(request, reply, () => {})
    return reply
  })
  port = await listen(app, '127.0.0.1', 0)
})
afterAll(async () => {
  auth?.close()
  await app?.close()
  await events?.close()
  await suite?.close()
  vi.useRealTimers()
})

/** A stream that is open, and what resolves when it is cut off. */
async function openStream(headers: Record<string, string> = {}) {
  const request = http.get({ port, path: '/stream', headers })
  const [reply] = (await once(request, 'response')) as [IncomingMessage]
  expect(reply.statusCode).toBe(200)
  const closed = new Promise<void>((resolve) => reply.on('error', () => {}).on('close', resolve))
  reply.resume()
  return { reply, closed }
}

test('a stream that was opened before the first user ends, also where another process made that user', async () => {
  const { closed } = await openStream()
  await createUser({ ctx: suite.ctx, input: { name: 'anna', role: 'admin', password: goodPassword, models: null } })
  await closed
})

test('streams end with sessions and keys that expire, and an open one keeps no session alive', async () => {
  const payload = { name: 'anna', password: goodPassword }
  const logIn = async () => {
    const reply = await app.inject({ method: 'POST', url: '/api/v1/session', payload })
    return { cookie: String(reply.headers['set-cookie']).split(';')[0] ?? '' }
  }
  const keyFor = async (days?: number) => {
    const basic = `Basic ${Buffer.from(`anna:${goodPassword}`).toString('base64')}`
    const asked = { name: 'stream', ...(days === undefined ? {} : { expires_in_days: days }) }
    const headers = { authorization: basic }
    const made = await app.inject({ method: 'POST', url: '/api/v1/keys', payload: asked, headers })
    return { authorization: `Bearer ${made.json().key}` }
  }
  const session = await logIn()
  const bySession = await openStream(session)
  const byKey = await openStream(await keyFor(1))
  const byLasting = await openStream(await keyFor())

  const lastSeen = async () =>
    (await sql<{ at: Date }>`select last_seen_at as at from sessions`.execute(suite.ctx.db)).rows[0]?.at
  const before = await lastSeen()
  suite.clock.advance(11 * 3_600_000)
  await expect(auth.authenticator.check({ ...session, address: '127.0.0.1' })).resolves.toMatchObject({ kind: 'user' })
  expect(await lastSeen()).toEqual(before)

  suite.clock.advance(2 * 3_600_000)
  vi.advanceTimersByTime(60_000)
  await bySession.closed
  expect(byKey.reply.destroyed).toBe(false)
  suite.clock.advance(12 * 3_600_000)
  vi.advanceTimersByTime(60_000)
  await byKey.closed
  expect(byLasting.reply.destroyed).toBe(false)
  byLasting.reply.destroy()
})

test('a stream ends with a session that newer ones have pushed out', async () => {
  const payload = { name: 'anna', password: goodPassword }
  const logged = await app.inject({ method: 'POST', url: '/api/v1/session', payload })
  const { closed } = await openStream({ cookie: String(logged.headers['set-cookie']).split(';')[0] ?? '' })
  // As the login of one too many does, which tells nobody.
  await sql`delete from sessions`.execute(suite.ctx.db)
  suite.clock.advance(60_000)
  vi.advanceTimersByTime(60_000)
  await closed
})
