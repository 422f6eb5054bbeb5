import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataEngine, openDataEngine, openParquetWriter, rowsOf, sqlText } from './index.js'

let folder: string
let engine: DataEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-parquet-'))
  engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads: 4 })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

const columns = [
  { name: 'id', given: 'INTEGER' },
  { name: 'share "x"', given: 'DOUBLE' },
  { name: 'day', given: 'VARCHAR', written: (value: string) => `${value}::DATE` },
] as const

async function write(path: string, count: number, heldBytesMax?: number) {
  await engine.use(async (connection) => {
    const writer = await openParquetWriter(connection, {
      path,
      columns,
      ...(heldBytesMax === undefined ? {} : { heldBytesMax }),
    })
    for (let start = 0; start < count; start += 5000) {
      const ids = Array.from({ length: Math.min(5000, count - start) }, (_, index) => start + index)
      const days = ids.map((id) => (id % 7 === 0 ? null : `2024-01-${String((id % 28) + 1).padStart(2, '0')}`))
      await writer.append([ids, Float64Array.from(ids, (id) => id / 3), days])
    }
    expect(await writer.finish()).toEqual({ rows: count })
  })
}

test('rows come back in their order and types, also over several pieces', async () => {
  const hashes: string[] = []
  for (const [name, held] of [
    ['one', undefined],
    ['pieces', 200_000],
    ['again', 200_000],
  ] as const) {
    const path = join(folder, name)
    await write(path, 30_001, held)
    hashes.push(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    )
    const result = await engine.use((connection) =>
      connection.runAndReadAll(
        `select count(*)::int as count, count("day")::int as days, bool_and(id = row) as ordered, sum("share ""x""") as total, any_value(typeof("day")) as type
         from (select *, file_row_number as row from read_parquet(${sqlText(path)}, file_row_number = true))`,
      ),
    )
    expect(rowsOf(result)[0]).toMatchObject({ count: 30_001, days: 25_715, ordered: true, type: 'DATE' })
  }
  expect(hashes[2]).toBe(hashes[1])
  expect((await readdir(folder)).sort()).toEqual(['again', 'one', 'pieces'])
})

test('no rows are a file with columns', async () => {
  const path = join(folder, 'none')
  await write(path, 0)
  const result = await engine.use((connection) =>
    connection.runAndReadAll(`select column_name from (describe select * from read_parquet(${sqlText(path)}))`),
  )
  expect(rowsOf(result)).toEqual([{ column_name: 'id' }, { column_name: 'share "x"' }, { column_name: 'day' }])
  await rm(path)
})

test('a value that cannot be written fails, and discard leaves nothing', async () => {
  const before = await readdir(folder)
  const path = join(folder, 'broken')
  await engine.use(async (connection) => {
    const writer = await openParquetWriter(connection, { path, columns, heldBytesMax: 100 })
    await writer.append([[1], [1], ['2024-01-01']])
    await writer.append([[1], [1], ['2024-01-01']])
    await writer.append([[...Array(10).keys()], Array(10).fill(1), Array(10).fill('2024-02-02')])
    await expect(
      writer.append([[...Array(10).keys()], Array(10).fill(1), Array(10).fill('not a day')]),
    ).rejects.toThrow('not a day')
    await writer.discard()
  })
  expect(await readdir(folder)).toEqual(before)
})
