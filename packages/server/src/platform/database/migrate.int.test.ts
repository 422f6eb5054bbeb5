import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testClock } from '../../../test/support/test-clock.js'
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js'
import { migrate } from './migrate.js'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await openTestDatabase()
  folder = mkdtempSync(join(tmpdir(), 'fabrique-migrations-'))
})
afterAll(async () => {
  await database?.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a change of the schema may take longer than a statement of a request', async () => {
  writeFileSync(join(folder, '9001_slow.sql'), 'select pg_sleep(0.4); create table slow_change (id integer);')
  const pool = new pg.Pool({ connectionString: database.url, statement_timeout: 100, max: 1 })
  try {
    expect(await migrate(pool, folder, testClock())).toEqual(['9001_slow.sql'])
    // What comes after on the same connection is bounded again.
    await expect(pool.query('select pg_sleep(0.4)')).rejects.toThrow('statement timeout')
    expect(await migrate(pool, folder, testClock())).toEqual([])
  } finally {
    await pool.end()
  }
})
