import type { EventMessage } from '@fabrique/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { silentLog } from '../logs/index.js'
import { type EventStream, openEventStream, parsePosition, readEvents } from './index.js'

let suite: TestContext
let stream: EventStream
beforeAll(async () => {
  suite = await openTestContext()
  stream = openEventStream({
    db: suite.ctx.db,
    url: suite.database.url,
    applicationName: 'fabrique test',
    log: silentLog,
    pollMs: 200,
  })
})
afterAll(async () => {
  await stream?.close()
  await suite?.close()
})

const insert = `insert into events (kind, subject, payload, actor, at) values ('run.created', $1, '{}', 'test', now())`
const write = (subject: string) => suite.database.pool.query(insert, [subject])

/** Collects events until as many as wanted came. */
function collect(count: number, position?: string): Promise<EventMessage[]> {
  return new Promise((resolve) => {
    const found: EventMessage[] = []
    const stop = stream.subscribe((events) => {
      found.push(...events)
      if (found.length < count) return
      stop()
      resolve(found)
    }, position)
  })
}

test('gives committed events in order, and resumes after a position', async () => {
  const coming = collect(2, '0.0')
  await write('runs/1')
  await write('runs/2')
  const events = await coming
  expect(events.map(({ subject }) => subject)).toEqual(['runs/1', 'runs/2'])
  const [first] = events
  const rest = await readEvents(suite.ctx.db, first?.id ?? '')
  expect(rest.map(({ subject }) => subject)).toEqual(['runs/2'])
})

test('does not skip an event that commits after a later one', async () => {
  const slow = new pg.Client(suite.database.url)
  await slow.connect()
  const start = (await readEvents(suite.ctx.db, '0.0')).at(-1)?.id ?? '0.0'
  await slow.query('begin')
  await slow.query(insert, ['runs/slow'])
  await write('runs/fast')
  // The later one is committed and held back, since an earlier one is still open.
  expect(await readEvents(suite.ctx.db, start)).toEqual([])
  const coming = collect(2, start)
  await slow.query('commit')
  await slow.end()
  expect((await coming).map(({ subject }) => subject)).toEqual(['runs/slow', 'runs/fast'])
})

test('goes on after its connection was ended', async () => {
  await suite.database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fabrique test'`,
  )
  const start = (await readEvents(suite.ctx.db, '0.0')).at(-1)?.id
  const coming = collect(1, start)
  await write('runs/after')
  expect((await coming).map(({ subject }) => subject)).toEqual(['runs/after'])
})

test.each([
  ['12.34', '12.34'],
  ['12', undefined],
  ['1.2; drop table events', undefined],
  [undefined, undefined],
])('parsePosition of %s', (text, expected) => {
  expect(parsePosition(text)).toBe(expected)
})
