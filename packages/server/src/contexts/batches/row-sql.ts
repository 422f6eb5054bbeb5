import { sqlName, sqlText } from '../../platform/duckdb/index.js'
import type { ModelColumn } from './model-column.js'

/** What the data engine selects for a column of a model. */
export interface ColumnSql {
  /** What the column holds, read as what the model takes; computed once, under the name that the others use. */
  readonly read: string
  /** Its value, which is never null. */
  readonly value: string
  /** Whether a row is refused for it. */
  readonly isWrong: string
}

/** A missing moment in a file. */
const missingMoment = '(-9223372036854775808)::bigint'

const numeric = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w+INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/
const moment = /^(DATE|TIMESTAMP.*)$/

/** What of a column cannot be read as this at all; undefined where it can be tried row by row. */
export function refusalOfType({ name, datatype, spec }: ModelColumn, type: string): Refusal | undefined {
  if (datatype === 'BYTES') return undefined
  const quoted = JSON.stringify(name)
  if (spec.type !== 'timestamp' && moment.test(type)) {
    return {
      reason: `the column ${quoted} holds moments, and the model takes numbers`,
      reason_fr: `la colonne ${quoted} contient des instants, et le modèle prend des nombres`,
    }
  }
  if (numeric.test(type) || moment.test(type) || type === 'BOOLEAN' || type === 'VARCHAR') return undefined
  return {
    reason: `the column ${quoted} holds ${type}, which no model takes`,
    reason_fr: `la colonne ${quoted} contient ${type}, qu’aucun modèle ne prend`,
  }
}

export interface Refusal {
  readonly reason: string
  readonly reason_fr: string
}

/**
 * The checks of a prediction request, for all rows at once: a value that is wrong is never replaced. A missing one (also an empty text, and NaN)
 * is refused where the feature is not nullable.
 */
export function columnSql(column: ModelColumn, type: string, name: string): ColumnSql {
  const { datatype, spec } = column
  const isNullable = spec.nullable === true
  const source = sqlName(column.name)
  if (datatype === 'BYTES') return textSql(column, type, name)
  if (spec.type === 'timestamp' && datatype === 'INT64') return momentSql(column, type, name)
  const read = numberOf(source, type, spec.type === 'boolean' || datatype === 'BOOL')
  const number = sqlName(name)
  const single = datatype === 'FP32' ? `try_cast(${number} as float)` : number
  const engineType = engineTypes[datatype]
  const wrong = [
    `not coalesce(isfinite(${single}), false)`,
    ...(spec.type === 'integer' || datatype === 'INT64' || datatype === 'INT32'
      ? [`${number} <> trunc(${number})`]
      : []),
    ...(spec.type === 'boolean' || datatype === 'BOOL' ? [`${number} not in (0, 1)`] : []),
    ...(datatype === 'INT64' || datatype === 'INT32' ? [`try_cast(${number} as ${engineType}) is null`] : []),
  ].join(' or ')
  const hasGaps = datatype === 'FP32' || datatype === 'FP64'
  const absent = hasGaps ? `'NaN'` : '0'
  const isRefused = !(isNullable && hasGaps)
  // A text that says NaN is wrong; in a column of numbers that is how a missing one is written.
  const isMissing =
    type === 'FLOAT' || type === 'DOUBLE' ? `${number} is null or isnan(${number})` : `${number} is null`
  const ofMissing =
    type === 'VARCHAR'
      ? `case when ${source} is null or trim(${source}) = '' then ${isRefused} else true end`
      : isRefused
  return {
    read,
    value: `coalesce(try_cast(${number} as ${engineType}), ${absent}::${engineType})`,
    isWrong: `case when ${isMissing} then ${ofMissing} else ${wrong} end`,
  }
}

const engineTypes = { FP32: 'float', FP64: 'double', INT64: 'bigint', INT32: 'integer', BOOL: 'utinyint' } as const

/** A number, or null where it is none. Whole numbers of 64 bits are exact up to 2^53, as they are in JSON. */
function numberOf(source: string, type: string, isTruth: boolean): string {
  if (type !== 'VARCHAR') return `${source}::double`
  const number = `try_cast(trim(${source}) as double)`
  if (!isTruth) return number
  return `coalesce(${number}, case lower(trim(${source})) when 'true' then 1.0 when 'false' then 0.0 end)`
}

/** An empty text is a missing one, as it was in training. */
function textSql({ name: column, spec }: ModelColumn, type: string, name: string): ColumnSql {
  const text = sqlName(name)
  const missing = `coalesce(${text}, '') = ''`
  const closed = spec.values !== undefined && spec.takes_unseen !== true
  const wrong = closed ? `${text} not in (${[...(spec.values ?? []), ''].map(sqlText).join(', ')})` : 'false'
  return {
    read: type === 'VARCHAR' ? sqlName(column) : `${sqlName(column)}::varchar`,
    value: `coalesce(${text}, '')`,
    isWrong: `case when ${missing} then ${spec.nullable !== true} else ${wrong} end`,
  }
}

/** Moments are milliseconds since 1970; texts without a zone are UTC. */
function momentSql({ name: column, spec }: ModelColumn, type: string, name: string): ColumnSql {
  const source = sqlName(column)
  const milliseconds = sqlName(name)
  const read = moment.test(type)
    ? `epoch_ms(${source}::timestamp)`
    : type === 'VARCHAR'
      ? `coalesce(epoch_ms(try_cast(${source} as timestamptz)::timestamp), try_cast(${source} as bigint))`
      : `case when ${source}::double = trunc(${source}::double) then try_cast(${source} as bigint) end`
  const missing = type === 'VARCHAR' ? `coalesce(${source}, '') = ''` : `${source} is null`
  return {
    read,
    value: `coalesce(${milliseconds}, ${missingMoment})`,
    isWrong: `case when ${missing} then ${spec.nullable !== true} else (${milliseconds}) is null end`,
  }
}

/** Which of the columns refuses a row, the first of them, from 0; null where none does. */
export function firstWrongSql(columns: readonly ColumnSql[]): string {
  const cases = columns.map(({ isWrong }, index) => `when ${isWrong} then ${index}`)
  return cases.length === 0 ? 'null::integer' : `case ${cases.join(' ')} end::integer`
}
