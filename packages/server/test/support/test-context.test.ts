import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from './test-context.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

test('a test context has a migrated database', async () => {
  const { rows } = await sql<{ name: string }>`select name from migrations order by number`.execute(suite.ctx.db)
  expect(rows.map((row) => row.name)).toContain('0005_tracking.sql')
})
