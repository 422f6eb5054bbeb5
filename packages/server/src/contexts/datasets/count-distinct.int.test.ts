import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataEngine, openDataEngine } from '../../platform/index.js'
import { distinctIntegersSql, isSurelyKey } from './count-distinct.js'

const folder = mkdtempSync(join(tmpdir(), 'fabrique-distinct-'))
let engine: DataEngine
beforeAll(() => {
  engine = openDataEngine({ tempFolder: folder, threads: 2 })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const isKey = (select: string) => engine.use((connection) => isSurelyKey(connection, `(${select})`, 'k'))

test('a column of whole numbers is a key where each comes once and none is missing', async () => {
  expect(await isKey('select i - 50 as k from range(20000) t(i) order by hash(i)')).toBe(true)
  expect(await isKey('select i * 60 as k from range(20000) t(i)')).toBe(true)
  expect(await isKey('select case when i = 7 then 8 else i end as k from range(20000) t(i)')).toBe(false)
  expect(await isKey('select case when i = 7 then null else i end as k from range(20000) t(i)')).toBe(false)
  expect(await isKey('select (i % 10)::integer as k from range(100) t(i)')).toBe(false)
})

test('it stays open for other types, wide ranges and numbers beyond 2^53', async () => {
  expect(await isKey("select 'v' || i as k from range(10) t(i)")).toBe(false)
  expect(await isKey('select i::double as k from range(10) t(i)')).toBe(false)
  expect(await isKey('select i * 1000000 as k from range(10) t(i)')).toBe(false)
  expect(await isKey('select 9007199254740992 + i as k from range(10) t(i)')).toBe(false)
  expect(await isKey('select 1::bigint as k from range(0)')).toBe(false)
})

test('the statement counts each number once', async () => {
  const sql = distinctIntegersSql('k', { count: 1000, min: -5, max: 20_000 })
  const table = '(select (i * 7 % 900 - 5)::bigint as k from range(1000) t(i))'
  const found = await engine.use((connection) => connection.runAndReadAll(`select ${sql} from ${table}`))
  expect(found.value(0, 0)).toBe(900)
  expect(distinctIntegersSql('k', { count: 1000, min: 0, max: 998 })).toBeUndefined()
})
