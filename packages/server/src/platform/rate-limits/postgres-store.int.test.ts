import { afterAll, beforeAll, expect, test } from 'vitest'
import { rateStoreSuite } from '../../../test/contract/rate-store-suite.js'
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js'
import { forgetFullBuckets, postgresRateStore } from './postgres-store.js'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database?.close())

const elapse = async (key: string, ms: number) => {
  await database.pool.query(
    `update rate_buckets set full_at = full_at - $2::float8 * interval '1 millisecond' where key = $1`,
    [key, ms],
  )
}

rateStoreSuite('postgresql', async () => ({
  store: postgresRateStore(database.db),
  other: postgresRateStore(database.db),
  elapse,
  close: async () => {},
}))

test('only buckets that say something are kept', async () => {
  const store = postgresRateStore(database.db)
  await store.take('to-keep', { requests: 1, windowMs: 86_400_000 })
  await store.take('to-forget', { requests: 1, windowMs: 86_400_000 })
  await elapse('to-forget', 2 * 86_400_000)
  await forgetFullBuckets(database.db)
  const { rows } = await database.pool.query("select key from rate_buckets where key like 'to-%'")
  expect(rows).toEqual([{ key: 'to-keep' }])
})
