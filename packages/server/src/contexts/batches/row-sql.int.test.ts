import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FeatureSpec, isFabriqueError, type Json } from '@fabrique/contract'
import { afterAll, describe, expect, test } from 'vitest'
import { openDataEngine, sqlText } from '../../platform/index.js'
import { parseFeatures } from '../serving/index.js'
import type { ModelColumn } from './model-column.js'
import { columnSql, refusalOfType } from './row-sql.js'

const folder = mkdtempSync(join(tmpdir(), 'fabrique-row-sql-'))
const engine = openDataEngine({ tempFolder: folder, threads: 1 })
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const datatypes = {
  number: 'FP32',
  integer: 'FP32',
  boolean: 'FP32',
  text: 'BYTES',
  category: 'BYTES',
  timestamp: 'INT64',
} as const

const columnOf = (spec: FeatureSpec): ModelColumn => {
  if (spec.type === 'image') throw new Error('No column holds an image')
  return { name: spec.name, datatype: datatypes[spec.type], spec }
}

/** What a request with this value is answered: the value that the model is given, or nothing where it is refused. */
function byRequest(spec: FeatureSpec, value: Json): unknown {
  const target = { name: 'y', classes: [] }
  const signature = { task: 'regression' as const, features: [spec], target, example: {} }
  try {
    return parseFeatures({ features: { x: value } }, { model: 'm', signature }).columns[0]?.[0]
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'feature_value_wrong') return undefined
    throw error
  }
}

/** The same of a column of this type, written as SQL. */
async function byColumn(spec: FeatureSpec, sql: string, type: string): Promise<unknown> {
  const { read, value, isWrong } = columnSql(columnOf(spec), type, 'r')
  return engine.use(async (connection) => {
    await connection.run("set TimeZone = 'UTC'")
    const result = await connection.runAndReadAll(
      `select ${value}, ${isWrong} from (select *, ${read} as r from (select ${sql}::${type} as x))`,
    )
    const [found, wrong] = result.getRows()[0] ?? []
    return wrong === true ? undefined : found
  })
}

const sqlOf = (value: Json) => (typeof value === 'string' ? sqlText(value) : String(value))

const numbers: readonly FeatureSpec[] = [
  { name: 'x', type: 'number' },
  { name: 'x', type: 'number', nullable: true },
  { name: 'x', type: 'integer' },
  { name: 'x', type: 'integer', nullable: true },
  { name: 'x', type: 'boolean' },
  { name: 'x', type: 'boolean', nullable: true },
]
const texts: readonly FeatureSpec[] = [
  { name: 'x', type: 'text' },
  { name: 'x', type: 'text', nullable: true },
  { name: 'x', type: 'category', values: ['Lyon', "l'Isle"] },
  { name: 'x', type: 'category', values: ['Lyon'], nullable: true },
  { name: 'x', type: 'category', values: ['Lyon'], takes_unseen: true },
]
const moments: readonly FeatureSpec[] = [
  { name: 'x', type: 'timestamp' },
  { name: 'x', type: 'timestamp', nullable: true },
]

describe('the checks of columns are those of a request', () => {
  test.each(
    numbers.flatMap((spec) =>
      [0, 1, -1.5, 0.1, 2.5, 16_777_217, 3.4e38, 3.5e38, -1e300, 1e-46, null].map((value) => ({ spec, value })),
    ),
  )('number $value as $spec.type, nullable: $spec.nullable', async ({ spec, value }) => {
    expect(await byColumn(spec, sqlOf(value), 'DOUBLE')).toEqual(byRequest(spec, value))
    // As a CSV file has it.
    const text = value === null ? 'null' : sqlText(String(value))
    expect(await byColumn(spec, text, 'VARCHAR')).toEqual(byRequest(spec, value))
  })

  test.each(texts.flatMap((spec) => ['Lyon', "l'Isle", 'Nice', ' ', '', null].map((value) => ({ spec, value }))))(
    'text $value as $spec',
    async ({ spec, value }) => {
      expect(await byColumn(spec, sqlOf(value), 'VARCHAR')).toEqual(byRequest(spec, value))
    },
  )

  test.each(
    moments.flatMap((spec) =>
      [
        '2024-01-01',
        '2024-02-29T10:30:15.123Z',
        '2024-01-01 10:00:00+02:00',
        '1969-12-31T23:59:59Z',
        '2024-02-30',
        'soon',
        null,
      ].map((value) => ({ spec, value })),
    ),
  )('moment $value, nullable: $spec.nullable', async ({ spec, value }) => {
    expect(await byColumn(spec, sqlOf(value), 'VARCHAR')).toEqual(byRequest(spec, value))
  })

  test('truth values are 1 and 0, as texts too', async () => {
    for (const type of ['BOOLEAN', 'VARCHAR']) {
      expect(await byColumn({ name: 'x', type: 'boolean' }, "'true'", type)).toBe(
        byRequest({ name: 'x', type: 'boolean' }, true),
      )
      expect(await byColumn({ name: 'x', type: 'boolean' }, "'false'", type)).toBe(0)
    }
  })

  test('moments of columns of moments are milliseconds', async () => {
    const spec: FeatureSpec = { name: 'x', type: 'timestamp' }
    const wanted = byRequest(spec, '2024-05-06T07:08:09.123Z')
    expect(await byColumn(spec, "'2024-05-06 07:08:09.123456'", 'TIMESTAMP')).toBe(wanted)
    expect(await byColumn(spec, "'2024-05-06 09:08:09.123+02'", 'TIMESTAMP WITH TIME ZONE')).toBe(wanted)
    expect(await byColumn(spec, String(wanted), 'BIGINT')).toBe(wanted)
    expect(await byColumn(spec, "'2024-05-06'", 'DATE')).toBe(byRequest(spec, '2024-05-06'))
  })
})

test('columns of other kinds are refused as a whole', () => {
  const number = columnOf({ name: 'x', type: 'number' })
  expect(refusalOfType(number, 'TIMESTAMP')?.reason).toContain('holds moments')
  expect(refusalOfType(number, 'INTEGER[]')?.reason).toContain('INTEGER[]')
  for (const type of ['DOUBLE', 'UBIGINT', 'HUGEINT', 'DECIMAL(9,2)', 'BOOLEAN', 'VARCHAR']) {
    expect(refusalOfType(number, type)).toBeUndefined()
  }
})
