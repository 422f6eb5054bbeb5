import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataEngine, openDataEngine, sqlText } from './data-engine.js'
import { readChunks } from './read-chunks.js'

const rows = 500_000
let folder: string
let engine: DataEngine
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-chunks-'))
  engine = openDataEngine({ tempFolder: folder, threads: 2 })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

async function count(connection: DuckDBConnection, sql: string, onRows: (rows: number) => void = () => {}) {
  let found = 0
  for await (const { rowCount } of readChunks(connection, sql)) {
    found += rowCount
    onRows(found)
  }
  return found
}

test('gives all rows, or none', async () => {
  await engine.use(async (connection) => {
    expect(await count(connection, `select i from range(${rows}) t(i)`)).toBe(rows)
    expect(await count(connection, 'select i from range(0) t(i)')).toBe(0)
  })
})

test.each([
  [
    'a value that is not of its type',
    `select cast(case when i = 300000 then 'x' else '1' end as integer) from range(${rows}) t(i)`,
  ],
  ['an error', `select case when i = 300000 then error('no') else i::varchar end from range(${rows}) t(i)`],
])('%s after many rows is no end of them', async (_, sql) => {
  let read = 0
  const reading = engine.use((connection) =>
    count(connection, sql, (found) => {
      read = found
    }),
  )
  await expect(reading).rejects.toThrow('they are not all')
  expect(read).toBeGreaterThan(0)
})

test('neither is a damaged page', async () => {
  const file = join(folder, 'a.parquet')
  await engine.use(async (connection) => {
    await connection.run(
      `copy (select i, hash(i)::varchar as s from range(${rows}) t(i)) to ${sqlText(file)} (row_group_size 20000)`,
    )
    const bytes = readFileSync(file)
    bytes.fill(7, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.6) + 20_000)
    writeFileSync(file, bytes)
    await expect(count(connection, `select * from ${sqlText(file)}`)).rejects.toThrow('they are not all')
  })
})

test('nor an interrupt', async () => {
  await engine.use(async (connection) => {
    const reading = count(connection, 'select i, hash(i) from range(1000000000) t(i)', (found) => {
      if (found > 100_000) connection.interrupt()
    })
    await expect(reading).rejects.toThrow('they are not all')
  })
})
