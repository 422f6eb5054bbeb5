import type { DuckDBConnection } from '@duckdb/node-api'
import { type CategoryCounts, type NumberSample, numberSample, type TextSample } from '@fabrique/ml/drift'
import { limit } from '../../../kernel/index.js'
import { copyColumn, rowsOf, sqlName } from '../../../platform/duckdb/index.js'
import type { OpenedFile } from '../../../platform/plain-files/index.js'

/** What a column holds, as far as a comparison minds: times are moments, which are places on a line, times of day and durations are not. */
export type ColumnFamily = 'integer' | 'number' | 'boolean' | 'text' | 'time' | 'clock' | 'nested'

export interface SideColumn {
  readonly name: string
  readonly family: ColumnFamily
  /** Rows with a value. */
  readonly filled: number
}

/** One of both tables. */
export interface Side {
  readonly connection: DuckDBConnection
  /** What stands after `from`. */
  readonly table: string
  readonly rowCount: number
  readonly columns: ReadonlyMap<string, SideColumn>
}

function familyOf(type: string): ColumnFamily {
  if (type.endsWith(']') || /^(STRUCT|MAP|UNION|BLOB|BIT|GEOMETRY|VARIANT)/.test(type)) return 'nested'
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) return 'number'
  if (/^U?(BIGINT|INTEGER|SMALLINT|TINYINT|HUGEINT)/.test(type)) return 'integer'
  if (type === 'BOOLEAN') return 'boolean'
  if (/^(DATE|TIMESTAMP)/.test(type)) return 'time'
  return /^(TIME|INTERVAL)/.test(type) ? 'clock' : 'text'
}

/** Looks at the columns of a file. */
export async function openSide(connection: DuckDBConnection, { table, rowCount, format }: OpenedFile): Promise<Side> {
  const described = rowsOf<{ column_name: string; column_type: string }>(
    await connection.runAndReadAll(`describe select * from ${table}`),
  )
  // Of a text file a column of numbers is read as texts where an infinite one stands first: inf might be a date as well.
  const isNumber = ({ column_name: name, column_type }: (typeof described)[number]) =>
    format === 'csv' && familyOf(column_type) === 'text'
      ? `count(${sqlName(name)}) = count(try_cast(${sqlName(name)} as double))`
      : 'false'
  const counts = described.flatMap((column) => [`count(${sqlName(column.column_name)})::double`, isNumber(column)])
  const counted = (await connection.runAndReadAll(`select ${counts.join(', ')} from ${table}`)).getRows()[0] ?? []
  const columns = described.map(
    ({ column_name: name, column_type }, index) =>
      [
        name,
        {
          name,
          family: counted[2 * index + 1] === true ? 'number' : familyOf(column_type),
          filled: Number(counted[2 * index] ?? 0),
        },
      ] as const,
  )
  return { connection, table, rowCount, columns: new Map(columns) }
}

/** SQL of a column as a number; null where the value is none. */
function numberSql({ name, family }: SideColumn): string {
  const column = sqlName(name)
  if (family === 'time') return `epoch_ms(${column}::timestamp)::double`
  return family === 'text' ? `try_cast(${column} as double)` : `${column}::double`
}

/** The numbers of some columns, read in one go; the arrays are as long as the table. */
export async function readNumbers(side: Side, columns: readonly SideColumn[]): Promise<readonly NumberSample[]> {
  const selected = columns.map((column, index) => `coalesce(${numberSql(column)}, 'nan'::double) as c${index}`)
  const values = columns.map(() => new Float64Array(side.rowCount))
  const stream = await side.connection.stream(`select ${selected.join(', ')} from ${side.table}`)
  let from = 0
  for (let chunk = await stream.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await stream.fetchChunk()) {
    for (const [index, target] of values.entries()) copyColumn(chunk, index, { values: target, from })
    from += chunk.rowCount
  }
  return values.map(numberSample)
}

/** How many different labels a column has, counted no further than the limit. */
export interface ReadLabels {
  readonly counts: CategoryCounts
  readonly isCutOff: boolean
}

/** Labels with their rows, at most one more than the limit. */
export async function readLabels(side: Side, column: SideColumn): Promise<ReadLabels> {
  const labelsMax = limit('monitoring.labels_max')
  const name = sqlName(column.name)
  const read = await side.connection.runAndReadAll(
    `select ${name}::varchar as v, count(*)::double as n from ${side.table} where ${name} is not null group by v limit ${labelsMax + 1}`,
  )
  const counts = new Map<string, number>()
  const [labels = [], rows = []] = read.getColumns()
  for (const [index, label] of labels.entries()) counts.set(String(label), Number(rows[index] ?? 0))
  return { counts: { counts, missing: side.rowCount - column.filled }, isCutOff: counts.size > labelsMax }
}

/** Number of different values. */
export async function countDistinct({ connection, table }: Side, { name }: SideColumn): Promise<number> {
  const read = await connection.runAndReadAll(`select count(distinct ${sqlName(name)})::double from ${table}`)
  return Number(read.value(0, 0))
}

/** Texts, of very many a sample at even distances. */
export async function readTexts(side: Side, column: SideColumn): Promise<TextSample> {
  const every = Math.max(1, Math.ceil(column.filled / limit('monitoring.texts_max')))
  const name = sqlName(column.name)
  const read = await side.connection.runAndReadAll(
    `select v from (select ${name}::varchar as v, row_number() over () as r from ${side.table} where ${name} is not null)
      where r % ${every} = ${every === 1 ? 0 : 1} order by r`,
  )
  const [texts = []] = read.getColumns()
  return { texts: texts.map(String), rows: column.filled, missing: side.rowCount - column.filled }
}
