import type { EventMessage } from '@fabrique/contract'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
const announce = `select pg_notify('fabrique_events', '')`
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
  const { events: rest } = await readEvents(suite.ctx.db, first?.id ?? '')
  expect(rest.map(({ subject }) => subject)).toEqual(['runs/2'])
})

test('does not skip an event that commits after a later one', async () => {
  const slow = new pg.Client(suite.database.url)
  await slow.connect()
  const start = (await readEvents(suite.ctx.db, '0.0')).events.at(-1)?.id ?? '0.0'
  await slow.query('begin')
  await slow.query(insert, ['runs/slow'])
  await write('runs/fast')
  // The later one is committed and held back, since an earlier one is still open.
  expect(await readEvents(suite.ctx.db, start)).toMatchObject({ events: [], hasHeld: true })
  const coming = collect(2, start)
  await slow.query('commit')
  await slow.end()
  expect((await coming).map(({ subject }) => subject)).toEqual(['runs/slow', 'runs/fast'])
})

test('goes on after its connection was ended', async () => {
  await suite.database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fabrique test'`,
  )
  const start = (await readEvents(suite.ctx.db, '0.0')).events.at(-1)?.id
  const coming = collect(1, start)
  await write('runs/after')
  expect((await coming).map(({ subject }) => subject)).toEqual(['runs/after'])
})

describe('without a poll', () => {
  let quiet: EventStream
  beforeAll(async () => {
    quiet = openEventStream({
      db: suite.ctx.db,
      url: suite.database.url,
      applicationName: 'fabrique test quiet',
      log: silentLog,
      pollMs: 3_600_000,
    })
    const isHeard = new Promise<void>((resolve) => quiet.subscribe(() => resolve()))
    let isListening = false
    void isHeard.then(() => {
      isListening = true
    })
    // Until it listens, it hears of nothing.
    while (!isListening) {
      await write('runs/heard')
      await suite.database.pool.query(announce)
    }
  })
  afterAll(() => quiet?.close())
  const client = async () => {
    const one = new pg.Client(suite.database.url)
    await one.connect()
    return one
  }

  /** What comes from now on. */
  const hear = () =>
    new Promise<readonly string[]>((resolve) => {
      const heard: string[] = []
      const take = (events: readonly EventMessage[]) => heard.push(...events.map(({ subject }) => subject))
      quiet.subscribe(take, undefined, () => resolve(heard))
    })

  test('reads once for all who listen', async () => {
    const writer = await client()
    const listeners = await Promise.all(Array.from({ length: 20 }, hear))
    const heardByAll = async (subject: string) => {
      await writer.query('begin')
      await writer.query(insert, [subject])
      await writer.query(announce)
      await writer.query('commit')
      await expect.poll(() => listeners.every((heard) => heard.includes(subject))).toBe(true)
    }
    await heardByAll('runs/all')
    let reads = 0
    const count = () => {
      reads += 1
    }
    suite.database.pool.on('acquire', count)
    await heardByAll('runs/again')
    suite.database.pool.off('acquire', count)
    await writer.end()
    expect(reads).toBeLessThan(listeners.length)
    for (const heard of listeners) expect(heard.filter((subject) => subject === 'runs/again')).toHaveLength(1)
  })

  test('gives one who begins earlier what the others have had, and what comes, once', async () => {
    const writer = await client()
    const began = (await readEvents(suite.ctx.db, '0.0')).events.at(-1)?.id ?? '0.0'
    const heard: string[][] = [[], []]
    const subjects = Array.from({ length: 60 }, (_, index) => `runs/flood-${index}`)
    const listen = (to: string[] | undefined, position?: string) =>
      quiet.subscribe((events) => to?.push(...events.map(({ subject }) => subject)), position)
    for (const [index, subject] of subjects.entries()) {
      await writer.query(insert, [subject])
      await writer.query(announce)
      if (index === 20) listen(heard[0], began)
      if (index === 40) listen(heard[1], began)
    }
    await expect.poll(() => heard.map((all) => all.at(-1))).toEqual(['runs/flood-59', 'runs/flood-59'])
    await writer.end()
    for (const all of heard) expect(all).toEqual(subjects)
  })

  test('gives an event that was held back when the older transaction ends, which tells nobody', async () => {
    const [slow, writer] = [await client(), await client()]
    await slow.query('begin')
    await slow.query('select pg_current_xact_id()')
    const heard = await hear()
    await writer.query(insert, ['runs/held'])
    await writer.query(announce)
    await slow.query('rollback')
    await expect.poll(() => heard).toContain('runs/held')
    await Promise.all([slow.end(), writer.end()])
  })
})

test.each([
  ['12.34', '12.34'],
  ['12', undefined],
  ['1.2; drop table events', undefined],
  [undefined, undefined],
])('parsePosition of %s', (text, expected) => {
  expect(parsePosition(text)).toBe(expected)
})
