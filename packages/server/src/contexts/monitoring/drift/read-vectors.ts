import type { DuckDBConnection } from '@duckdb/node-api'
import type { VectorSample } from '@fabrique/ml/drift'
import { assert, limit } from '../../../kernel/index.js'
import { copyColumn, evenlyTaken, readChunks, rowsOf, sqlName } from '../../../platform/duckdb/index.js'

/** Where the vectors of a side stand: in a column of lists, or in columns of numbers side by side. */
export type VectorSource =
  | { readonly kind: 'list'; readonly name: string }
  | { readonly kind: 'columns'; readonly names: readonly string[] }

/** Rows of the data engine. */
interface VectorTable {
  readonly connection: DuckDBConnection
  /** What stands after `from`. */
  readonly table: string
  readonly rowCount: number
  readonly columns: ReadonlyMap<
    string,
    { readonly family: string; readonly filled: number; readonly isVector?: boolean }
  >
}

/** A vector is whole where none of its numbers is missing or infinite. */
const isWhole = 'list_count(v) = len(v) and coalesce(isfinite(list_sum(v)), false)'

/**
 * Reads vectors, no more numbers than the limit, and none of vectors that are too long for it. The length that most lists have is that of the
 * vectors; lists in texts are read as such. The engine holds the rows in their order, so that the same rows are taken on any number of threads.
 */
export async function readVectors(side: VectorTable, source: VectorSource): Promise<VectorSample> {
  const { connection, table, rowCount, columns } = side
  const read = vectorSql(source, columns)
  if (read === undefined) {
    const filled = source.kind === 'list' ? (columns.get(source.name)?.filled ?? 0) : 0
    return { dimension: 0, values: new Float64Array(), rows: 0, missing: rowCount - filled, others: filled }
  }
  const lists = `(select ${read.vector} as v, ${read.isGiven} as given from ${table})`
  const counted = rowsOf<{ size: number | null; whole: boolean; given: boolean; rows: number }>(
    await connection.runAndReadAll(
      `select len(v)::double as size, coalesce(${isWhole}, false) as whole, given, count(*)::double as rows from ${lists} group by all`,
    ),
  )
  const sizes = new Map<number, number>()
  for (const { size, rows } of counted) if (size !== null && size > 0) sizes.set(size, (sizes.get(size) ?? 0) + rows)
  // Of two lengths that as many rows have the greater: which does not matter, as neither is compared.
  const [dimension = 0] = [...sizes].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? []
  const count = (of: (group: (typeof counted)[number]) => boolean) =>
    counted.filter(of).reduce((sum, { rows }) => sum + rows, 0)
  const rows = count(({ size, whole }) => size === dimension && size > 0 && whole)
  const others = count(({ size, given }) => given && (size === null || (size > 0 && size !== dimension)))
  const found = { dimension, rows, missing: rowCount - rows - others, others }
  const fitting = Math.floor(limit('monitoring.embedding_values_max') / Math.max(1, dimension))
  if (fitting < Math.min(rows, rowsMin)) return { ...found, values: new Float64Array(), isTooLong: true }
  return { ...found, values: await readWhole(side, lists, { dimension, rows, taken: Math.min(rows, fitting) }) }
}

/** SQL of the list, null where there is none, and whether something is there; undefined of what holds no lists of numbers. */
function vectorSql(source: VectorSource, columns: VectorTable['columns']) {
  if (source.kind === 'columns') {
    const parts = source.names.map((name) => `try_cast(${sqlName(name)} as double)`)
    return { vector: `[${parts.join(', ')}]`, isGiven: 'true' }
  }
  const column = columns.get(source.name)
  const name = sqlName(source.name)
  if (column?.family === 'text')
    return { vector: `try_cast(${name} as double[])`, isGiven: `coalesce(trim(${name}) <> '', false)` }
  return column?.isVector === true
    ? { vector: `try_cast(${name} as double[])`, isGiven: `${name} is not null` }
    : undefined
}

async function readWhole(
  { connection }: VectorTable,
  lists: string,
  { dimension, rows, taken }: Pick<VectorSample, 'dimension' | 'rows'> & { readonly taken: number },
): Promise<Float64Array> {
  if (rows === 0) return new Float64Array()
  const some = taken === rows ? '' : `where ${evenlyTaken('place', rows, taken)}`
  const chunks = readChunks(
    connection,
    `select unnest(v) as x from (select v from (
       select v, row_number() over () as place from ${lists} where len(v) = ${dimension} and ${isWhole}
     ) ${some} order by place)`,
  )
  const values = new Float64Array(taken * dimension)
  let from = 0
  for await (const chunk of chunks) {
    copyColumn(chunk, 0, { values, from })
    from += chunk.rowCount
  }
  // A stream that another statement of its connection cut off ends without an error.
  assert(from === values.length, `${from} of ${values.length} numbers were read`)
  return values
}

/** Of vectors so long that fewer of many rows fit, none is read. */
const rowsMin = 200
