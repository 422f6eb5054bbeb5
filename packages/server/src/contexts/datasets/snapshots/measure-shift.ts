import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnType, SnapshotDiff } from '@fabrique/contract'
import { readChunks, sqlName } from '../../../platform/index.js'

export interface Shift {
  readonly method: SnapshotDiff['shifts'][number]['method']
  readonly score: number
}

export interface ShiftAsked {
  readonly name: string
  readonly type: ColumnType
  /** What stands after `from`; the base is the reference. */
  readonly base: string
  readonly head: string
}

/** A reference that hardly varies would make every difference infinite. */
const leastDeviation = 0.001

/**
 * How far the values of a column have moved. Numbers, and moments in seconds: the Wasserstein distance of the two samples over the
 * standard deviation (ddof 0) of the base, at least 0.001. Others: the Jensen-Shannon distance of the shares of their values, with the
 * natural logarithm, from 0 to 0.8326. Missing values and those that are not finite are left out; undefined where a side has none left.
 */
export async function measureShift(connection: DuckDBConnection, asked: ShiftAsked): Promise<Shift | undefined> {
  switch (asked.type) {
    case 'number':
    case 'integer':
      return measureDistance(connection, asked, `${sqlName(asked.name)}::double`)
    case 'timestamp':
    case 'date': {
      const column = sqlName(asked.name)
      return measureDistance(connection, asked, `(case when isfinite(${column}) then epoch_us(${column}) / 1e6 end)`)
    }
    default:
      return measureDivergence(connection, asked)
  }
}

/** Each value in order with how often it is in the base and in the head. */
function countedValues({ base, head }: ShiftAsked, value: string, isKept: string): string {
  return `select v, (count(*) filter (in_base))::double as b, (count(*) filter (not in_base))::double as h from (
      select ${value} as v, true as in_base from ${base} union all select ${value} as v, false as in_base from ${head})
    where ${isKept} group by v`
}

async function* readColumns(connection: DuckDBConnection, sql: string): AsyncGenerator<readonly Float64Array[]> {
  for await (const chunk of readChunks(connection, sql)) {
    const { rowCount } = chunk
    const vectors = Array.from({ length: chunk.columnCount }, (_, index) => chunk.getColumnVector(index) as object)
    yield vectors.map((vector) => {
      const { items } = vector as { readonly items?: unknown }
      return items instanceof Float64Array ? items.subarray(0, rowCount) : new Float64Array()
    })
  }
}

async function measureDistance(
  connection: DuckDBConnection,
  asked: ShiftAsked,
  value: string,
): Promise<Shift | undefined> {
  const totals = await connection.runAndReadAll(
    `select b.n::double, h.n::double, b.deviation from (select count(v) as n, stddev_pop(v) as deviation from
       (select ${value} as v from ${asked.base}) where isfinite(v)) b,
       (select count(v) as n from (select ${value} as v from ${asked.head}) where isfinite(v)) h`,
  )
  const [ofBase = 0, ofHead = 0, deviation = 0] = (totals.getRows()[0] ?? []).map(Number)
  if (ofBase === 0 || ofHead === 0) return undefined
  let before = Number.NaN
  let seenBase = 0
  let seenHead = 0
  let distance = 0
  const sql = `${countedValues(asked, value, 'isfinite(v)')} order by v`
  for await (const [values, inBase, inHead] of readColumns(connection, sql)) {
    for (let index = 0; index < (values?.length ?? 0); index += 1) {
      const at = values?.[index] ?? 0
      if (!Number.isNaN(before)) distance += Math.abs(seenBase / ofBase - seenHead / ofHead) * (at - before)
      before = at
      seenBase += inBase?.[index] ?? 0
      seenHead += inHead?.[index] ?? 0
    }
  }
  const score = distance / Math.max(deviation, leastDeviation)
  return Number.isFinite(score) ? { method: 'wasserstein', score } : undefined
}

async function measureDivergence(connection: DuckDBConnection, asked: ShiftAsked): Promise<Shift | undefined> {
  const value = `${sqlName(asked.name)}::varchar`
  const counted = countedValues(asked, value, 'v is not null')
  const totals = await connection.runAndReadAll(`select sum(b), sum(h) from (${counted})`)
  const [ofBase = 0, ofHead = 0] = (totals.getRows()[0] ?? []).map(Number)
  if (ofBase === 0 || ofHead === 0) return undefined
  let divergence = 0
  const part = (share: number, middle: number) => (share === 0 ? 0 : share * Math.log(share / middle))
  for await (const [inBase, inHead] of readColumns(connection, `select b, h from (${counted}) order by b, h`)) {
    for (let index = 0; index < (inBase?.length ?? 0); index += 1) {
      const p = (inBase?.[index] ?? 0) / ofBase
      const q = (inHead?.[index] ?? 0) / ofHead
      const middle = (p + q) / 2
      divergence += (part(p, middle) + part(q, middle)) / 2
    }
  }
  return { method: 'jensenshannon', score: Math.sqrt(Math.max(0, divergence)) }
}
