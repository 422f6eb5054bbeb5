import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatasetDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DataEngine, openDataEngine, sqlText } from '../../platform/index.js'
import { copyTo } from './part-file.js'
import { checkTyped, type PartColumn } from './read-rows.js'

const folder = mkdtempSync(join(tmpdir(), 'fabrique-typed-'))
let engine: DataEngine
let files = 0
beforeAll(() => {
  engine = openDataEngine({ tempFolder: folder, threads: 2 })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const dataset = DatasetDefinition.parse({
  name: 'd',
  source: { kind: 'csv', paths: ['d.csv'], dialect: { header: true } },
  key: ['id'],
  columns: {
    id: { type: 'integer', min: 0, max: 1_000_000 },
    x: { type: 'number', min: -1.5, max: 0.3, nullable: true },
    at: { type: 'timestamp', min: '2026-01-01', nullable: true },
    name: { type: 'text' },
  },
})
const columns: readonly PartColumn[] = [
  ...(['id', 'x', 'at', 'name'] as const).map((name) => ({
    name,
    type: dataset.columns[name]?.type,
    declared: true,
  })),
  { name: 'more', type: undefined, declared: false },
]

/** A part of two row groups; `wrong` is SQL of the values of the row 130,000. */
function checked(wrong: Readonly<Record<string, string>>, conditions: readonly string[] = []) {
  files += 1
  const parquet = join(folder, `${files}.parquet`)
  const right = {
    id: 'i',
    x: 'case when i % 3 = 0 then null else i % 7 / 20.0 - 1 end::double',
    at: "timestamp '2026-01-01' + interval (i) second",
    name: "'n' || i",
    more: 'null::varchar',
  }
  const selected = Object.entries(right).map(
    ([name, sql]) => `case when i = 130000 then ${wrong[name] ?? sql} else ${sql} end as ${name}`,
  )
  return engine.use(async (connection) => {
    await connection.run(`copy (select ${selected.join(', ')} from range(200000) t(i)) ${copyTo(parquet)}`)
    const groups = await connection.runAndReadAll(
      `select count(distinct row_group_id)::double from parquet_metadata(${sqlText(parquet)})`,
    )
    expect(groups.value(0, 0)).toBe(2)
    const asConditions = () => conditions.map((condition) => ({ condition, detail: condition }))
    return checkTyped(connection, parquet, columns, {
      dataset,
      conditions: asConditions,
      partsBefore: [],
      hasCopies: false,
    })
  })
}

test('a part without a fault is sound, with the columns that have no value', async () => {
  expect(await checked({})).toEqual({ rowCount: 200_000, isSound: true, empty: ['more'] })
  expect(await checked({ x: '0.3::double', id: '1000000' })).toMatchObject({ isSound: true })
  expect(await checked({ more: "'v'" })).toEqual({ rowCount: 200_000, isSound: true, empty: [] })
  expect(await checked({}, ['x > 0'])).toMatchObject({ isSound: true })
})

test.each([
  ['a missing key', { id: 'null' }],
  ['a number below', { id: '-1' }],
  ['a number above', { x: '0.30000000000000004::double' }],
  ['a NaN', { x: "'nan'::double" }],
  ['an infinity', { x: "'-inf'::double" }],
  ['a moment before', { at: "timestamp '2025-12-31 23:59:59.999999'" }],
  ['an infinite moment', { at: "timestamp 'infinity'" }],
  ['a missing text', { name: 'null' }],
] as const)('%s in one row is found', async (_fault, wrong) => {
  expect(await checked(wrong)).toMatchObject({ rowCount: 200_000, isSound: false, empty: ['more'] })
})

test('what an expectation sets aside is looked for in the rows', async () => {
  expect(await checked({}, ["name = 'n77'"])).toMatchObject({ isSound: false })
})
