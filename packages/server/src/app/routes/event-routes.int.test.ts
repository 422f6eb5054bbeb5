import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventMessage } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeTestApp } from '../../../test/support/test-app.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { type EventStream, listen, openEventStream } from '../../platform/index.js'
import { mountEventRoutes } from './event-routes.js'
import { mountPages } from './pages.js'

let suite: TestContext
let events: EventStream
let app: FastifyInstance
let folder: string
let port: number

beforeAll(async () => {
  suite = await openTestContext()
  const { ctx, database } = suite
  events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test event routes', log: ctx.log })
  folder = await mkdtemp(join(tmpdir(), 'fabrique-pages-'))
  await writeFile(join(folder, 'index.html'), '<meta name="fabrique-events" content="" /><title>Fabrique</title>')
  app = await makeTestApp(ctx, async (routes) => {
    mountEventRoutes(routes, () => ctx, events)
    await mountPages(routes, { folder, position: () => events.recentPosition() })
  })
  port = await listen(app, '127.0.0.1', 0)
})
afterAll(async () => {
  app?.server.closeAllConnections()
  await app?.close()
  await events?.close()
  await suite?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const insert = `insert into events (kind, subject, payload, actor, at) values ('run.created', $1, '{}', 'test', now())`
const write = (subject: string) => suite.database.pool.query(insert, [subject])

const open: http.ClientRequest[] = []
afterEach(() => {
  for (const request of open.splice(0)) request.destroy()
})

/** The subjects of the events of a stream, as they come. */
function follow(query: string): readonly string[] {
  const subjects: string[] = []
  let rest = ''
  const request = http.get({ port, path: `/api/v1/events${query}` }, (response) => {
    response.setEncoding('utf8').on('error', () => {})
    response.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('data: ')) subjects.push((JSON.parse(line.slice(6)) as EventMessage).subject)
      }
    })
  })
  request.on('error', () => {})
  open.push(request)
  return subjects
}

/** The position that a page of the server carries. */
async function pagePosition(): Promise<string> {
  const reply = await app.inject({ url: '/models', headers: { accept: 'text/html' } })
  expect(reply.headers['cache-control']).toBe('no-store')
  expect(reply.body).toContain('<title>Fabrique</title>')
  return /name="fabrique-events" content="([^"]*)"/.exec(reply.body)?.[1] ?? ''
}

test('a page follows the events from where they were when it was sent', async () => {
  await expect.poll(pagePosition).toMatch(/^\d+\.\d+$/)
  const position = await pagePosition()
  // What happens before the stream is open is not lost.
  await write('runs/between')
  const subjects = follow(`?position=${position}`)
  await expect.poll(() => subjects).toContain('runs/between')
  await write('runs/later')
  await expect.poll(() => subjects).toContain('runs/later')
})

test('a position that is none is refused', async () => {
  const reply = await app.inject({ url: '/api/v1/events?position=yesterday' })
  expect([reply.statusCode, reply.json().code]).toEqual([400, 'invalid_request'])
})
