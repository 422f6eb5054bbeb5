import { CompiledQuery, sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js'
import { prepared } from './prepared.js'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database?.close())

test('a prepared statement is parsed once a connection, and works as any other', async () => {
  const statement = prepared('select $1::integer / $2::integer as share')
  expect(prepared(statement)).toBe(statement)
  await database.db.connection().execute(async (db) => {
    const share = async (...values: readonly number[]) =>
      (await db.executeQuery(CompiledQuery.raw(statement, [...values]))).rows
    expect(await share(6, 2)).toEqual([{ share: 3 }])
    await expect(share(6, 0)).rejects.toMatchObject({ code: '22012' })
    expect(await share(8, 2)).toEqual([{ share: 4 }])
    const { rows } = await sql`select statement from pg_prepared_statements`.execute(db)
    expect(rows).toEqual([{ statement }])
  })
})
