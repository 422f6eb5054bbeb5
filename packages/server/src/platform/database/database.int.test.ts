import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js'
import { toDatabaseError } from './database-error.js'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
  await sql`create table seats (id integer primary key, taken integer not null)`.execute(database.db)
  await sql`insert into seats values (1, 0), (2, 0)`.execute(database.db)
})
afterAll(() => database?.close())

/** Takes two seats, one after the other, once both takers have their first. */
function take(first: number, second: number, hasFirst: () => void, bothHave: Promise<void>) {
  return database.db.transaction().execute(async (tx) => {
    await sql`update seats set taken = taken + 1 where id = ${first}`.execute(tx)
    hasFirst()
    await bothHave
    await sql`update seats set taken = taken + 1 where id = ${second}`.execute(tx)
  })
}

test('a deadlock is told as something to send again, and the other change goes through', async () => {
  let waiting = 2
  let open = () => {}
  const bothHave = new Promise<void>((resolve) => {
    open = resolve
  })
  const hasFirst = () => {
    waiting -= 1
    if (waiting === 0) open()
  }
  const outcomes = await Promise.allSettled([take(1, 2, hasFirst, bothHave), take(2, 1, hasFirst, bothHave)])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  expect(toDatabaseError(failed?.reason)).toMatchObject({ code: 'database_conflict' })
  const { rows } = await sql<{ taken: number }>`select taken from seats`.execute(database.db)
  expect(rows).toEqual([{ taken: 1 }, { taken: 1 }])
})

test.each([
  ['half of a surrogate pair in JSON', sql`select ${JSON.stringify(['\ud800'])}::jsonb`],
  ['NUL in JSON', sql`select ${JSON.stringify(['\0'])}::jsonb`],
  ['NUL in a text', sql`select ${'a\0'}::text`],
  ['JSON too deep for it', sql`select ${`${'['.repeat(100_000)}${']'.repeat(100_000)}`}::jsonb`],
  ['a broken regular expression', sql`select 'a' ~ ${'('}`],
  ['a pattern that ends with its escape', sql`select 'a' like ${'\\'}`],
])('%s is the mistake of who sent it', async (_, statement) => {
  const error: unknown = await statement.execute(database.db).catch((caught: unknown) => caught)
  expect(toDatabaseError(error)).toMatchObject({ code: 'invalid_request' })
})

test('a key too long for its index is the mistake of who sent it', async () => {
  await sql`create table long_names (name text primary key)`.execute(database.db)
  const name = Array.from({ length: 20_000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
  ).join('')
  const error: unknown = await sql`insert into long_names values (${name})`
    .execute(database.db)
    .catch((caught: unknown) => caught)
  expect(toDatabaseError(error)).toMatchObject({ code: 'invalid_request' })
})

test('a statement of ours that is wrong stays what it is', async () => {
  const error: unknown = await sql`select ${'x'}::bigint`.execute(database.db).catch((caught: unknown) => caught)
  expect(toDatabaseError(error)).toBe(error)
})

test('a statement that takes too long is told as such', async () => {
  const slow = database.db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = '50ms'`.execute(tx)
    await sql`select pg_sleep(5)`.execute(tx)
  })
  const error = await slow.catch((reason: unknown) => toDatabaseError(reason))
  expect(error).toMatchObject({ code: 'database_too_slow' })
})
