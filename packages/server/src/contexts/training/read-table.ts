import type { DuckDBConnection, DuckDBTypeId as TypeId } from '@duckdb/node-api'
import { type Table, type TableColumn, table } from '@fabrique/ml'
import { assert, limit } from '../../kernel/index.js'
import { engineModule, readChunks, sqlName } from '../../platform/duckdb/index.js'
import { trainingRefused } from './refusal-words.js'

const { DuckDBTypeId } = engineModule()

type ColumnKind = TableColumn['kind']

const numbers = new Set<TypeId>([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
])

const moments = new Set<TypeId>([
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
])

/** Which columns are read, and how. */
export interface TableColumnsWanted {
  /** All without. */
  readonly names?: readonly string[]
  /** A column to predict: truth values in it become the classes `false` and `true`. */
  readonly classes?: string
}

/**
 * The rows of a table of the data engine in memory, in their order: numbers and truth values as float64, dates and moments as milliseconds,
 * anything else as text. Errors: `training_refused` for a column that is not there, or beyond `training.values_max`.
 * @param from what stands after `from`
 */
export async function readTable(
  connection: DuckDBConnection,
  from: string,
  { names, classes }: TableColumnsWanted = {},
): Promise<Table> {
  const described = await connection.runAndReadAll(`select * from ${from} limit 0`)
  const kinds = new Map(
    described.columnNames().map((name, index): [string, ColumnKind] => {
      const type = described.columnTypeId(index)
      return [name, name === classes && type === DuckDBTypeId.BOOLEAN ? 'text' : kindOf(type)]
    }),
  )
  const chosen = names ?? [...kinds.keys()]
  const missing = chosen.find((name) => !kinds.has(name))
  if (missing !== undefined) {
    const reason = `there is no column ${JSON.stringify(missing)}, there are ${[...kinds.keys()].map((name) => JSON.stringify(name)).join(', ')}`
    throw trainingRefused('missing_feature', reason)
  }
  const counted = await connection.runAndReadAll(`select count(*) from ${from}`)
  const rowCount = Number(counted.getRows()[0]?.[0] ?? 0)
  const valuesMax = limit('training.values_max')
  if (rowCount * chosen.length > valuesMax) {
    const reason = `${rowCount} rows of ${chosen.length} columns are more than the ${valuesMax} values that a training holds in memory`
    throw trainingRefused('memory_limit', reason)
  }
  const columns = chosen.map((name) => createColumn(name, kinds.get(name) ?? 'text', rowCount))
  if (columns.length === 0) return table([])
  const selected = columns.map(({ name, kind }) => expressionOf(sqlName(name), kind)).join(', ')
  let filled = 0
  for await (const chunk of readChunks(connection, `select ${selected} from ${from}`)) {
    for (const [index, column] of columns.entries()) {
      const vector = chunk.getColumnVector(index)
      for (let row = 0; row < chunk.rowCount; row += 1) column.set(filled + row, vector.getItem(row))
    }
    filled += chunk.rowCount
  }
  assert(filled === rowCount, `The table has ${filled} rows instead of ${rowCount}`)
  return table(columns.map((column) => column.finish()))
}

function kindOf(type: TypeId): ColumnKind {
  if (numbers.has(type)) return 'number'
  return moments.has(type) ? 'time' : 'text'
}

function expressionOf(name: string, kind: ColumnKind): string {
  if (kind === 'number') return `${name}::double`
  return kind === 'time' ? `epoch_ms(${name}::timestamp)::double` : `${name}::varchar`
}

interface ColumnBuffer {
  readonly name: string
  readonly kind: ColumnKind
  set(row: number, value: unknown): void
  finish(): TableColumn
}

function createColumn(name: string, kind: ColumnKind, rowCount: number): ColumnBuffer {
  if (kind !== 'text') {
    const values = new Float64Array(rowCount)
    return {
      name,
      kind,
      set(row, value) {
        values[row] = typeof value === 'number' ? value : Number.NaN
      },
      finish: () => ({ kind, name, values }),
    }
  }
  const codes = new Int32Array(rowCount).fill(-1)
  const codeOf = new Map<string, number>()
  return {
    name,
    kind,
    set(row, value) {
      if (typeof value !== 'string') return
      const known = codeOf.get(value)
      if (known === undefined) {
        codes[row] = codeOf.size
        codeOf.set(value, codeOf.size)
      } else codes[row] = known
    },
    finish: () => ({ kind, name, codes, categories: [...codeOf.keys()] }),
  }
}
