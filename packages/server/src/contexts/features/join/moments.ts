import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract/client'
import type { Relation, RelationColumn } from './model.js'
import { readRow } from './relation.js'

/** The unit in which the times of a join are compared: as whole numbers since 1970, in UTC. */
export interface TimeUnit {
  readonly name: 'microseconds' | 'nanoseconds'
  readonly perSecond: number
}

const microseconds: TimeUnit = { name: 'microseconds', perSecond: 1e6 }
const nanoseconds: TimeUnit = { name: 'nanoseconds', perSecond: 1e9 }

/** A time column of a relation. */
export interface TimeColumn {
  readonly relation: Relation
  readonly column: RelationColumn
}

const isFine = (type: string) => type === 'TIMESTAMP_NS'
const isText = (type: string) => type === 'VARCHAR'

/**
 * The unit that tells the times of all columns apart: nanoseconds only where one of them needs it. Throws `feature_time_type` for a column
 * that does not hold times. Times without a zone are UTC; the connection has to be in UTC as well.
 */
export async function unitOf(connection: DuckDBConnection, times: readonly TimeColumn[]): Promise<TimeUnit> {
  for (const time of times) await checkTime(connection, time)
  for (const { relation, column } of times) {
    if (!isFine(column.type)) continue
    const fine = `select count(*) from ${relation.from} where epoch_ns(${column.sql}) % 1000 <> 0`
    if (((await readRow(connection, fine))[0] ?? 0) > 0) return nanoseconds
  }
  return microseconds
}

/** SQL of a time as a whole number of units; null for null and for infinite times. */
export function momentSql({ sql, type }: RelationColumn, unit: TimeUnit): string {
  if (unit.name === 'nanoseconds') {
    return isFine(type) ? `epoch_ns(${sql})::hugeint` : `epoch_us(${castToMoment(sql, type)})::hugeint * 1000`
  }
  return `epoch_us(${castToMoment(sql, type)})`
}

function castToMoment(sql: string, type: string): string {
  if (isText(type)) return `try_cast(${sql} as timestamptz)`
  return /^TIMESTAMP_(S|MS)$/.test(type) ? `${sql}::timestamp` : sql
}

async function checkTime(connection: DuckDBConnection, { relation, column }: TimeColumn): Promise<void> {
  const about = { relation: relation.name, column: column.name }
  if (/^(DATE$|TIMESTAMP)/.test(column.type)) return
  if (!isText(column.type)) {
    throw new FabriqueError('feature_time_type', {
      ...about,
      reason: `its type is ${column.type}`,
      reason_fr: `son type est ${column.type}`,
    })
  }
  const wrong = await connection.runAndReadAll(
    `select left(${column.sql}, 60) from ${relation.from} where ${column.sql} is not null and ${castToMoment(column.sql, column.type)} is null limit 1`,
  )
  const [value] = wrong.getRows()[0] ?? []
  if (value === undefined) return
  throw new FabriqueError('feature_time_type', {
    ...about,
    reason: `${JSON.stringify(value)} is not a time`,
    reason_fr: `${JSON.stringify(value)} n’est pas un moment`,
  })
}
