import type { ColumnProfile, ColumnType, Profile } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { sqlText } from '../../../platform/duckdb/index.js'
import type { TableColumn } from './columns.js'

/** What is known of a column without reading it: exactly what reading it would tell, or nothing. */
export interface KnownColumn {
  readonly rows: number
  /** Rows with a value. */
  readonly values: number
  readonly distinct?: number
  /** SQL of the smallest and the largest value. */
  readonly extremes?: { readonly min: string; readonly max: string }
  readonly mean?: number
  readonly std?: number
  /** All its values with their numbers, where they are few; the rows without one are not among them. */
  readonly counts?: readonly { readonly sql: string; readonly count: number }[]
  /** Characters of its texts. */
  readonly length?: { readonly min: number; readonly max: number }
  /** The values beside the places of some quantiles, by share. */
  readonly neighbours: ReadonlyMap<number, { readonly low: number; readonly high: number }>
}

/** The type of the engine in which values of each type are kept; figures of values that were cast are not those of the column. */
const keptAs: Readonly<Record<ColumnType, string>> = {
  number: 'DOUBLE',
  integer: 'BIGINT',
  text: 'VARCHAR',
  category: 'VARCHAR',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
}

/** What the profile of the same rows tells of their columns, by name. A profile of other rows or columns tells nothing. */
export function knownColumns(profile: Profile, columns: Iterable<TableColumn>): ReadonlyMap<string, KnownColumn> {
  const figures = new Map(profile.columns.map((column) => [column.name, column]))
  const known = new Map<string, KnownColumn>()
  for (const { name, type } of columns) {
    const column = figures.get(name)
    if (column === undefined || keptAs[column.type] !== type) continue
    if (column.count + column.missing !== profile.row_count) continue
    // A NaN is a value of the profile and a missing one here.
    if (column.type === 'number' && (column.not_finite ?? 0) > 0) continue
    known.set(name, knownColumn(column, profile.row_count))
  }
  return known
}

function knownColumn(column: ColumnProfile, rows: number): KnownColumn {
  const { count, distinct, distinct_is_exact, min, max, mean, std, top, length, quantiles = [] } = column
  const isWhole = column.length === undefined || column.length.max <= limit('profile.value_chars_max')
  const literals = (values: readonly unknown[]) => values.flatMap((value) => literalSql(column.type, value) ?? [])
  const [low, high] = isWhole && !isInfinite(column) ? literals([min, max]) : []
  const listed = top ?? []
  const all = isWhole && !isInfinite(column) && distinct_is_exact && listed.length === distinct ? listed : []
  const sqls = literals(all.map(({ value }) => value))
  const counts = all.map(({ count: times }, index) => ({ sql: sqls[index] ?? 'null', count: times }))
  const isAll = counts.length > 0 && sqls.length === all.length
  const isNumeric = column.type === 'number' || column.type === 'integer'
  return {
    rows,
    values: count,
    ...(distinct_is_exact && isPrecise(column) ? { distinct } : {}),
    ...(low === undefined || high === undefined ? {} : { extremes: { min: low, max: high } }),
    ...(mean === undefined ? {} : { mean }),
    ...(std === undefined ? {} : { std }),
    ...(isAll && counts.reduce((sum, { count: times }) => sum + times, 0) === count ? { counts } : {}),
    ...(length === undefined ? {} : { length }),
    neighbours: new Map(
      quantiles.flatMap(({ q, value, low: below = value, high: above = value }) =>
        isNumeric && typeof below === 'number' && typeof above === 'number'
          ? [[q, { low: below, high: above }] as const]
          : [],
      ),
    ),
  }
}

/** Infinite moments are values that the figures of a profile leave out. */
const isInfinite = ({ not_finite = 0 }: ColumnProfile) => not_finite > 0

/** Moments of a profile are doubles of microseconds: those of other centuries may be alike there, and differ. */
function isPrecise({ type, min, max, count }: ColumnProfile): boolean {
  if ((type !== 'timestamp' && type !== 'date') || count === 0) return true
  return literalSql(type, min) !== undefined && literalSql(type, max) !== undefined
}

/** SQL of a value of a profile; undefined where it does not tell the value to the last digit. */
function literalSql(type: ColumnType, value: unknown): string | undefined {
  switch (type) {
    case 'number':
      return typeof value === 'number' ? `'${value}'::DOUBLE` : undefined
    case 'integer':
      return Number.isSafeInteger(value) ? `${String(value)}::BIGINT` : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'text':
    case 'category':
      return typeof value === 'string' ? sqlText(value) : undefined
    case 'timestamp':
    case 'date':
      return typeof value === 'string' && /^(1[7-9]|2[01])\d\d-/.test(value)
        ? `${sqlText(value.replace('Z', ''))}::${keptAs[type]}`
        : undefined
  }
}

/** A source of `(v, n)`: all values of a column with their numbers, where they are known. */
export function countsSource({ counts }: Pick<KnownColumn, 'counts'>): string | undefined {
  if (counts === undefined) return undefined
  return `(select * from (values ${counts.map(({ sql, count }) => `(${sql}, ${count})`).join(', ')}) as t(v, n))`
}
