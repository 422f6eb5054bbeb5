import { afterAll, beforeAll, expect, test } from 'vitest'
import { onlineCasesSuite } from '../../../../test/contract/online-cases-suite.js'
import { onlineStoreSuite } from '../../../../test/contract/online-store-suite.js'
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js'
import { openDatabase } from '../../../platform/index.js'
import { encodeKey } from './encode-key.js'
import { postgresStore } from './postgres-store.js'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database?.close())

onlineStoreSuite('postgresql', async () => postgresStore(database.db))
onlineCasesSuite('postgresql', async () => postgresStore(database.db))

test('a repeat of the same rows writes no page of the table', async () => {
  const store = postgresStore(database.db)
  const rows = Array.from({ length: 100 }, (_, index) => ({
    key: encodeKey([index]),
    eventUs: index,
    createdUs: 0,
    steps: '[]',
  }))
  await store.write(9_000, rows)
  const places = async () => {
    const { rows: found } = await database.pool.query(
      'select key, ctid::text, xmax::text from online_values where version_id = 9000 order by key',
    )
    return found
  }
  const before = await places()
  await store.write(9_000, rows)
  expect(await places()).toEqual(before)
})

test('a database that is away is the store that does not answer', async () => {
  const away = openDatabase({
    url: 'postgresql://127.0.0.1:1/none',
    applicationName: 'fabrique-test',
    onError: () => {},
  })
  const store = postgresStore(away.db)
  const code = 'online_store_unavailable'
  await expect(store.read([{ version: 1, keys: ['[1]'] }])).rejects.toMatchObject({ code })
  await expect(store.write(1, [{ key: '[1]', eventUs: 1, createdUs: 1, steps: '[]' }])).rejects.toMatchObject({ code })
  await expect(store.count(1)).rejects.toMatchObject({ code })
  await away.close()
})
