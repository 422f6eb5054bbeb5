import type { DuckDBConnection } from '@duckdb/node-api'
import {
  type CategoryCounts,
  type NumberSample,
  numberSample,
  type TextSample,
  type VectorSample,
} from '@fabrique/ml/drift'
import { assert, limit } from '../../../kernel/index.js'
import { copyColumn, readChunks, rowsOf, sqlName } from '../../../platform/duckdb/index.js'
import { readVectors, type VectorSource } from './read-vectors.js'

/** What a column holds, as far as a comparison minds: times are moments, which are places on a line, times of day and durations are not. */
export type ColumnFamily = 'integer' | 'number' | 'boolean' | 'text' | 'time' | 'clock' | 'nested'

export interface SideColumn {
  readonly name: string
  readonly family: ColumnFamily
  /** Rows with a value. */
  readonly filled: number
  /** Of lists: they hold numbers. */
  readonly isVector?: boolean
}

/** One of both tables: rows of the data engine, or what a training has left of its rows. */
export interface Side {
  readonly rowCount: number
  readonly columns: ReadonlyMap<string, SideColumn>
  /** The numbers of some columns, read in one go. */
  numbers(columns: readonly SideColumn[]): Promise<readonly NumberSample[]>
  /** The labels of some columns with their rows, of each at most one more than the limit, read in one go. */
  labels(columns: readonly SideColumn[]): Promise<readonly ReadLabels[]>
  /** Number of different values. */
  distinct(column: SideColumn): Promise<number>
  /** Texts, of very many a sample at even distances. */
  texts(column: SideColumn): Promise<TextSample>
  /** Vectors, of very many a sample at even distances. Undefined where only a profile of each column is left. */
  vectors(source: VectorSource): Promise<VectorSample | undefined>
}

/** How many different labels a column has, counted no further than the limit. */
export interface ReadLabels {
  readonly counts: CategoryCounts
  readonly isCutOff: boolean
}

/** Rows of the data engine. */
export interface TableOfRows {
  /** What stands after `from`. */
  readonly table: string
  readonly rowCount: number
  /** Names and types of the engine, where they are known already. */
  readonly columns?: readonly { readonly name: string; readonly sqlType: string }[]
  /** Of a text file: what its texts read as is a guess. */
  readonly isText?: boolean
}

interface OpenTable extends TableOfRows {
  readonly connection: DuckDBConnection
}

export function familyOf(type: string): ColumnFamily {
  if (type.endsWith(']') || /^(STRUCT|MAP|UNION|BLOB|BIT|GEOMETRY|VARIANT)/.test(type)) return 'nested'
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) return 'number'
  if (/^U?(BIGINT|INTEGER|SMALLINT|TINYINT|HUGEINT)/.test(type)) return 'integer'
  if (type === 'BOOLEAN') return 'boolean'
  if (/^(DATE|TIMESTAMP)/.test(type)) return 'time'
  return /^(TIME|INTERVAL)/.test(type) ? 'clock' : 'text'
}

const isListOfNumbers = (type: string) =>
  /^(?:DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|U?(?:BIGINT|INTEGER|SMALLINT|TINYINT|HUGEINT))\[\d*\]$/.test(type)

/** Columns that are counted in one statement. */
const countedAtOnce = 1000

/** Looks at the columns of a table. */
export async function tableSide(connection: DuckDBConnection, given: TableOfRows): Promise<Side> {
  const { table, rowCount, isText = false } = given
  const described = given.columns ?? (await describeTable(connection, table))
  // Of a text file a column of numbers is read as texts where an infinite one stands first: inf might be a date as well.
  const isNumber = ({ name, sqlType }: (typeof described)[number]) =>
    isText && familyOf(sqlType) === 'text'
      ? `count(${sqlName(name)}) = count(try_cast(${sqlName(name)} as double))`
      : 'false'
  const counted: unknown[] = []
  for (let from = 0; from < described.length; from += countedAtOnce) {
    const counts = described
      .slice(from, from + countedAtOnce)
      .flatMap((column) => [`count(${sqlName(column.name)})::double`, isNumber(column)])
    const read = await connection.runAndReadAll(`select ${counts.join(', ')} from ${table}`)
    counted.push(...(read.getRows()[0] ?? []))
  }
  const columns = described.map(
    ({ name, sqlType }, index) =>
      [
        name,
        {
          name,
          family: counted[2 * index + 1] === true ? 'number' : familyOf(sqlType),
          filled: Number(counted[2 * index] ?? 0),
          ...(isListOfNumbers(sqlType) ? { isVector: true } : {}),
        },
      ] as const,
  )
  const open: OpenTable = { connection, table, rowCount }
  return {
    rowCount,
    columns: new Map(columns),
    numbers: (asked) => readNumbers(open, asked),
    labels: (asked) => readLabels(open, asked),
    distinct: (asked) => countDistinct(open, asked),
    texts: (asked) => readTexts(open, asked),
    vectors: (source) => readVectors({ ...open, columns: new Map(columns) }, source),
  }
}

async function describeTable(connection: DuckDBConnection, table: string) {
  const described = rowsOf<{ column_name: string; column_type: string }>(
    await connection.runAndReadAll(`describe select * from ${table}`),
  )
  return described.map(({ column_name: name, column_type: sqlType }) => ({ name, sqlType }))
}

/** SQL of a column as a number; null where the value is none. */
function numberSql({ name, family }: SideColumn): string {
  const column = sqlName(name)
  if (family === 'time') return `epoch_ms(${column}::timestamp)::double`
  return family === 'text' ? `try_cast(${column} as double)` : `${column}::double`
}

/** The arrays are as long as the table. */
async function readNumbers(side: OpenTable, columns: readonly SideColumn[]): Promise<readonly NumberSample[]> {
  const selected = columns.map((column, index) => `coalesce(${numberSql(column)}, 'nan'::double) as c${index}`)
  const values = columns.map(() => new Float64Array(side.rowCount))
  let from = 0
  for await (const chunk of readChunks(side.connection, `select ${selected.join(', ')} from ${side.table}`)) {
    for (const [index, target] of values.entries()) copyColumn(chunk, index, { values: target, from })
    from += chunk.rowCount
  }
  // A stream that another statement of its connection cut off ends without an error.
  assert(from === side.rowCount, `${from} of ${side.rowCount} rows were read`)
  return values.map(numberSample)
}

/** SQL of a column as a label. Trainings name classes as JavaScript writes numbers: 1, not 1.0. */
export function labelSql({ name, family }: Pick<SideColumn, 'name' | 'family'>): string {
  const column = sqlName(name)
  if (family !== 'number') return `${column}::varchar`
  const value = `${column}::double`
  return `case when ${value} = trunc(${value}) and abs(${value}) < 1e15 then ${value}::bigint::varchar else ${value}::varchar end`
}

async function readLabels(side: OpenTable, columns: readonly SideColumn[]): Promise<readonly ReadLabels[]> {
  if (columns.length === 0) return []
  const labelsMax = limit('monitoring.labels_max')
  const parts = columns.map(
    (column, index) =>
      `(select ${index}::integer as c, ${labelSql(column)} as v, count(*)::double as n from ${side.table}
        where ${sqlName(column.name)} is not null group by 2 limit ${labelsMax + 1})`,
  )
  const read = await side.connection.runAndReadAll(parts.join(' union all '))
  const found = columns.map(() => new Map<string, number>())
  const [places = [], labels = [], rows = []] = read.getColumns()
  for (const [index, place] of places.entries()) {
    found[Number(place)]?.set(String(labels[index]), Number(rows[index] ?? 0))
  }
  return columns.map(({ filled }, index) => {
    const counts = found[index] ?? new Map<string, number>()
    return { counts: { counts, missing: side.rowCount - filled }, isCutOff: counts.size > labelsMax }
  })
}

async function countDistinct({ connection, table }: OpenTable, { name }: SideColumn): Promise<number> {
  const read = await connection.runAndReadAll(`select count(distinct ${sqlName(name)})::double from ${table}`)
  return Number(read.value(0, 0))
}

async function readTexts(side: OpenTable, column: SideColumn): Promise<TextSample> {
  const every = Math.max(1, Math.ceil(column.filled / limit('monitoring.texts_max')))
  const name = sqlName(column.name)
  const read = await side.connection.runAndReadAll(
    `select v from (select ${name}::varchar as v, row_number() over () as r from ${side.table} where ${name} is not null)
      where r % ${every} = ${every === 1 ? 0 : 1} order by r`,
  )
  const [texts = []] = read.getColumns()
  return { texts: texts.map(String), rows: column.filled, missing: side.rowCount - column.filled }
}
