import { sqlName, sqlText } from '../../../platform/duckdb/index.js'
import { cannotEvaluate } from './model.js'
import { readMoment } from './read-moment.js'

/** SQL of the condition that every row fulfils. */
export const everyRow = 'true'

/** What a column holds, as far as expectations tell things apart. */
export type ColumnKind = 'integer' | 'number' | 'boolean' | 'text' | 'timestamp' | 'date'

/** A column of the table that is checked. */
export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly kind: ColumnKind
  /** SQL of its values; a NaN is a missing value, as in pandas. */
  readonly sql: string
}

export type Value = string | number | boolean | null

export function kindOf(type: string): ColumnKind {
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type) && !type.endsWith(']')) return 'number'
  if (/^(U?(BIG|SMALL|TINY|HUGE)INT|U?INTEGER)$/.test(type)) return 'integer'
  if (type === 'BOOLEAN') return 'boolean'
  if (type === 'DATE') return 'date'
  if (/^TIMESTAMP/.test(type) && !type.endsWith(']')) return 'timestamp'
  return 'text'
}

/** SQL of the values of a column of the table as it stands. */
function valuesSql(name: string, type: string): string {
  const quoted = sqlName(name)
  if (type === 'DOUBLE' || type === 'FLOAT') return `nullif(${quoted}, 'NaN'::${type})`
  if (type.startsWith('DECIMAL')) return `${quoted}::DOUBLE`
  if (type === 'TIMESTAMP WITH TIME ZONE') return `(${quoted} at time zone 'UTC')`
  if (type.startsWith('TIMESTAMP_')) return `${quoted}::TIMESTAMP`
  return kindOf(type) === 'text' && type !== 'VARCHAR' ? `${quoted}::VARCHAR` : quoted
}

/** Columns by name, each with the SQL of its values. */
export function tableColumns(
  columns: readonly { readonly name: string; readonly type: string }[],
): ReadonlyMap<string, TableColumn> {
  return new Map(
    columns.map(({ name, type }) => [name, { name, type, kind: kindOf(type), sql: valuesSql(name, type) }]),
  )
}

export type Columns = ReadonlyMap<string, TableColumn>

export function columnOf(columns: Columns, name: string): TableColumn {
  return columns.get(name) ?? cannotEvaluate(`The column "${name}" does not exist`)
}

export function isNumeric({ kind }: TableColumn): boolean {
  return kind === 'integer' || kind === 'number' || kind === 'boolean'
}

export function isMoment({ kind }: TableColumn): boolean {
  return kind === 'timestamp' || kind === 'date'
}

/** A column whose values are numbers, with SQL that calculates with them. */
export function numericColumn(columns: Columns, name: string): TableColumn {
  const column = columnOf(columns, name)
  if (!isNumeric(column)) cannotEvaluate(`Column ${name} holds ${column.kind} values, not numbers`)
  return column.kind === 'boolean' ? { ...column, sql: `${column.sql}::INTEGER` } : column
}

/** SQL of a number; those that JSON has no form for are given as text. */
export function numberSql(value: number): string {
  if (Number.isFinite(value)) return Number.isSafeInteger(value) ? String(value) : `${value}::DOUBLE`
  return `'${value}'::DOUBLE`
}

/**
 * SQL of a value that is compared with a column, or undefined where no value of the column can equal it: a text is never a
 * number, as in Python.
 */
export function literalOf({ kind }: TableColumn, value: Value): string | undefined {
  if (value === null) return undefined
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? sqlText(value) : undefined
    case 'boolean':
      if (typeof value === 'boolean') return String(value)
      return value === 1 || value === 0 ? String(value === 1) : undefined
    case 'integer':
    case 'number':
      if (typeof value === 'boolean') return value ? '1' : '0'
      return typeof value === 'number' ? numberSql(value) : undefined
    case 'timestamp':
    case 'date':
      return typeof value === 'string' ? momentSql(value) : undefined
  }
}

/** SQL of a moment written in any way that dateutil reads; undefined where it is none. */
export function momentSql(text: string): string | undefined {
  const moment = readMoment(text)
  return moment === undefined ? undefined : `${sqlText(moment)}::TIMESTAMP`
}

/** SQL of a bound of a column. A bound of another kind cannot be compared, and says so. */
export function boundSql(column: TableColumn, bound: string | number): string {
  if (isNumeric(column) && typeof bound === 'number') return numberSql(bound)
  if (column.kind === 'text' && typeof bound === 'string') return sqlText(bound)
  const moment = isMoment(column) && typeof bound === 'string' ? momentSql(bound) : undefined
  return (
    moment ??
    cannotEvaluate(
      `Column ${column.name} holds ${column.kind} values, which cannot be compared with ${JSON.stringify(bound)}`,
    )
  )
}

/** SQL of the values as the text that Python makes of them. */
export function textSql(column: TableColumn): string {
  switch (column.kind) {
    case 'text':
      return column.sql
    case 'boolean':
      return `(case when ${column.sql} then 'True' else 'False' end)`
    default:
      return `${column.sql}::VARCHAR`
  }
}

/** SQL that is true where two columns hold the same value; both missing counts as the same. */
export function sameSql(left: TableColumn, right: TableColumn): string {
  const comparable =
    left.kind === right.kind || (isNumeric(left) && isNumeric(right)) || (isMoment(left) && isMoment(right))
  if (!comparable) return `(${left.sql} is null and ${right.sql} is null)`
  return `(${asNumber(left)} is not distinct from ${asNumber(right)})`
}

/** SQL of a column where truth values count as 1 and 0. */
export function asNumber({ kind, sql }: TableColumn): string {
  return kind === 'boolean' ? `${sql}::INTEGER` : sql
}
