import type { DuckDBConnection } from '@duckdb/node-api'

/** Values of a column of whole numbers: how many, the smallest and the largest. */
export interface IntegerRange {
  readonly count: number
  readonly min: number
  readonly max: number
}

/** A bit for each whole number of a range may take this many bits for each value, and in all. */
const bitsPerValueMax = 64
const bitsMax = 2 ** 28

/**
 * SQL of an aggregate that tells how many different whole numbers a column has: one bit for each number of its range, which takes a
 * fraction of the time of grouping. Undefined where the range is too wide, or so narrow that some value must occur twice.
 */
export function distinctIntegersSql(column: string, { count, min, max }: IntegerRange): string | undefined {
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) return undefined
  const bits = max - min + 1
  if (bits < count || bits > Math.min(bitsMax, bitsPerValueMax * count)) return undefined
  return `bit_count(bitstring_agg(${column}, ${min}, ${max}))::double`
}

/** True where a column of whole numbers of a table surely has a value in each row, and each only once; false where that is open. */
export async function isSurelyKey(connection: DuckDBConnection, table: string, column: string): Promise<boolean> {
  const described = await connection.runAndReadAll(`select typeof(any_value(${column})) from (from ${table} limit 1)`)
  if (!/^U?(BIG|SMALL|TINY)INT$|^U?INTEGER$/.test(String(described.value(0, 0)))) return false
  const ends = await connection.runAndReadAll(
    `select count(*)::double, count(${column})::double, min(${column})::varchar, max(${column})::varchar from ${table}`,
  )
  const [rows, count, min, max] = [0, 1, 2, 3].map((place) => Number(ends.value(place, 0) ?? Number.NaN))
  if (rows === undefined || count !== rows || min === undefined || max === undefined) return false
  const distinct = distinctIntegersSql(column, { count, min, max })
  if (distinct === undefined) return false
  const counted = await connection.runAndReadAll(`select ${distinct} from ${table}`)
  return counted.value(0, 0) === rows
}
