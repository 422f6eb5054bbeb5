import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { ColumnType } from '@fabrique/contract'
import { sqlName } from '../../../platform/index.js'
import type { ScratchTables } from '../join/relation.js'
import type { DeriveValue, FeatureValue } from './derive-values.js'

/** A column that code fills, row by row. */
export interface DerivedColumn {
  readonly type: ColumnType
  readonly derive: DeriveValue
  /** The inputs by name, each with its column in the rows. */
  readonly inputs: readonly { readonly name: string; readonly column: string; readonly type: ColumnType }[]
  /** Column that is null in rows for which the view has no values: there is nothing to derive from. */
  readonly present: string
}

export interface FilledRows {
  /** The rows with their numbers `fabrique__n`, from 1 in their order. */
  readonly rows: string
  /** By the same number the columns in order: `fabrique__d0`, `fabrique__d1`, ... */
  readonly derived: string
}

/** Rows that are held at once. */
const batchRows = 20_000

/** Writes rows to a table, and what code derives from each of them to another. */
export async function fillDerived(
  tables: ScratchTables,
  select: string,
  columns: readonly DerivedColumn[],
  told: { readonly signal?: AbortSignal | undefined; readonly report: (rows: number) => void },
): Promise<FilledRows> {
  const { connection } = tables
  const rows = await tables.create(`select row_number() over () as fabrique__n, * from (${select})`)
  const empty = columns.map(({ type }, index) => `null::${givenTypes[type]} as fabrique__d${index}`).join(', ')
  const derived = await tables.create(`select null::bigint as fabrique__n, ${empty} limit 0`)
  const read = [...new Set(columns.flatMap(({ present, inputs }) => [present, ...inputs.map(({ column }) => column)]))]
  const types = new Map(columns.flatMap(({ inputs }) => inputs.map(({ column, type }) => [column, type])))
  const places = new Map(read.map((column, index) => [column, index]))
  const selected = read.map((column) => readSql(column, types.get(column))).join(', ')
  for (let first = 1; ; first += batchRows) {
    told.signal?.throwIfAborted()
    const batch = await connection.runAndReadAll(
      `select ${selected} from ${rows} where fabrique__n between ${first} and ${first + batchRows - 1} order by fabrique__n`,
    )
    const values = batch.getColumns()
    const count = batch.currentRowCount
    if (count === 0) break
    await append(
      connection,
      derived,
      first,
      count,
      (row) => {
        const at = (column: string) => values[places.get(column) ?? -1]?.[row] ?? null
        return columns.map(({ derive, inputs, present }) =>
          at(present) === null
            ? null
            : derive(
                Object.fromEntries(inputs.map(({ name, column, type }) => [name, featureValue(at(column), type)])),
              ),
        )
      },
      columns,
    )
    told.report(first + count - 1)
  }
  return { rows, derived }
}

/** How values are given to the engine. */
const givenTypes: Readonly<Record<ColumnType, string>> = {
  number: 'DOUBLE',
  integer: 'BIGINT',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
  category: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
}

/** Days and moments come as numbers: of their text and of milliseconds. */
function readSql(column: string, type: ColumnType | undefined): string {
  const name = sqlName(column)
  switch (type) {
    case 'timestamp':
      return `epoch_ms(${name}::timestamp)::double`
    case 'date':
    case 'text':
    case 'category':
      return `${name}::varchar`
    case 'number':
    case 'integer':
      return `${name}::double`
    case 'boolean':
      return name
    case undefined:
      return `(case when ${name} is not null then true end)`
  }
}

function featureValue(value: DuckDBValue, type: ColumnType): FeatureValue {
  if (value === null) return null
  if (type === 'timestamp') return new Date(Number(value))
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}

async function append(
  connection: DuckDBConnection,
  table: string,
  first: number,
  count: number,
  rowOf: (row: number) => readonly FeatureValue[],
  columns: readonly DerivedColumn[],
): Promise<void> {
  const appender = await connection.createAppender(table)
  try {
    for (let row = 0; row < count; row += 1) {
      const values = rowOf(row)
      appender.appendBigInt(BigInt(first + row))
      columns.forEach(({ type }, index) => {
        const value = values[index] ?? null
        if (value === null) appender.appendNull()
        else if (type === 'integer') appender.appendBigInt(BigInt(Number(value)))
        else if (type === 'number') appender.appendDouble(Number(value))
        else if (type === 'boolean') appender.appendBoolean(value === true)
        else appender.appendVarchar(value instanceof Date ? value.toISOString().replace('Z', '') : String(value))
      })
      appender.endRow()
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}
