import { columnNamed, type Table } from '../data/table.js'
import { chanceOfGrowth } from './chance-of-news.js'
import {
  type ColumnQuality,
  compareProfiles,
  countOutside,
  type OutsideCount,
  type QualityOptions,
} from './compare-profiles.js'
import {
  type CodedColumn,
  type CorrelationChange,
  type CorrelationMatrix,
  changedCorrelations,
  correlateCategories,
  correlateNumbers,
} from './correlations.js'
import { columnsAlike } from './duplicate-columns.js'
import { rowCounter } from './duplicate-rows.js'
import { type ColumnProfile, profileTable } from './profile-column.js'

/** What is kept of a table to judge later ones by: plain JSON. */
export interface TableProfile {
  readonly rowCount: number
  readonly columns: readonly ColumnProfile[]
  /** Rows that equal an earlier one. */
  readonly duplicateCount: number
  /** Rows without a value. */
  readonly emptyCount: number
  /** Pairs of columns that are the same. */
  readonly alike: readonly (readonly [string, string])[]
  /** Pairs of columns that are equal in 95 % of the rows, missing values being no value. */
  readonly nearlyAlikeCount: number
  readonly correlations: readonly CorrelationMatrix[]
}

/** How a table stands against its reference. */
export interface TableQuality {
  /** The worst of the columns and of what concerns all rows; `not_enough_data` where either side has none to speak of. */
  readonly state: 'ok' | 'issue' | 'not_enough_data'
  readonly columns: readonly ColumnQuality[]
  readonly findings: readonly TableFinding[]
  readonly profile: TableProfile
}

/** Something about all rows that is not as in the reference. */
export type TableFinding = { readonly severity: 'note' | 'issue' } & (
  | { readonly code: 'no_rows' }
  | {
      readonly code: 'duplicates_more' | 'empty_rows_more'
      readonly was: number
      readonly now: number
      readonly chance: number
    }
  | { readonly code: 'columns_alike_new'; readonly columns: readonly [string, string] }
  | ({ readonly code: 'correlation_changed' } & CorrelationChange)
)

/** Columns of one kind above which correlations are not computed: their pairs grow with the square. */
export const correlatedColumnsMax = 200

/** Categories above which a column takes no part in Cramér's V: every pair of values would be rare. */
export const correlatedCategoriesMax = 1000

/** Columns above which pairs that are the same are not looked for. */
export const alikeColumnsMax = 2000

/**
 * Counts all that a later table is judged by. Correlations are Pearson's and Spearman's of the numbers and Cramér's V of the texts.
 * One million rows of twenty columns take seconds; `correlations: false` leaves out half of them.
 */
export function profileWholeTable(given: Table, options: { readonly correlations?: boolean } = {}): TableProfile {
  const rows = rowCounter(given.rowCount)
  for (const column of given.columns) rows.add(column)
  const isWide = given.columns.length > alikeColumnsMax
  return {
    rowCount: given.rowCount,
    columns: profileTable(given),
    duplicateCount: rows.duplicateCount(),
    emptyCount: given.columns.length === 0 ? 0 : rows.emptyCount(),
    alike: isWide ? [] : columnsAlike(given),
    nearlyAlikeCount: isWide ? 0 : columnsAlike(given, { shareMin: 0.95, missingIsEqual: false }).length,
    correlations: (options.correlations ?? true) ? correlateTable(given) : [],
  }
}

function correlateTable({ columns, rowCount }: Table): CorrelationMatrix[] {
  if (rowCount === 0) return []
  const numbers = columns.filter((column) => column.kind === 'number')
  const texts = columns.filter(
    (column): column is CodedColumn & typeof column =>
      column.kind === 'text' && column.categories.length <= correlatedCategoriesMax,
  )
  const hasPairs = (count: number) => count >= 2 && count <= correlatedColumnsMax
  return [
    ...(hasPairs(numbers.length) ? [correlateNumbers(numbers, 'pearson'), correlateNumbers(numbers, 'spearman')] : []),
    ...(hasPairs(texts.length) ? [correlateCategories(texts)] : []),
  ]
}

/**
 * Judges a table by a reference of which only the profile is left: columns that are gone or new or of another kind, missing and infinite
 * values, values out of range, new categories, columns that became constant or alike, duplicate rows, correlations.
 */
export function judgeTable(reference: TableProfile, current: Table, options: QualityOptions = {}): TableQuality {
  const profile = profileWholeTable(current, { correlations: reference.correlations.length > 0 })
  const columns = compareProfiles(reference.columns, profile.columns, {
    ...options,
    outside: outsideCounts(reference.columns, current),
  })
  const findings = tableFindings(reference, profile, options)
  const isWrong = [...findings, ...columns.flatMap((column) => column.findings)].some(
    ({ severity }) => severity === 'issue',
  )
  const isShort = Math.min(reference.rowCount, current.rowCount) < (options.rowsMin ?? 30)
  return { state: isWrong ? 'issue' : isShort ? 'not_enough_data' : 'ok', columns, findings, profile }
}

function outsideCounts(reference: readonly ColumnProfile[], current: Table): Map<string, OutsideCount> {
  const known = new Set(current.columns.map(({ name }) => name))
  return new Map(
    reference.flatMap(({ name, numbers }) => {
      if (numbers === null || !known.has(name)) return []
      const column = columnNamed(current, name)
      return column.kind === 'text' ? [] : [[name, countOutside(column.values, numbers)] as const]
    }),
  )
}

function tableFindings(reference: TableProfile, current: TableProfile, options: QualityOptions): TableFinding[] {
  if (current.rowCount === 0) return [{ code: 'no_rows', severity: 'note' }]
  const known = new Set(reference.alike.map((pair) => pair.join('\u0000')))
  const was = new Set(reference.columns.map(({ name }) => name))
  const alike = current.alike.filter(
    (pair) => !known.has(pair.join('\u0000')) && pair.every((name) => was.has(name)) && reference.rowCount > 0,
  )
  return [
    ...moreOf('duplicates_more', [reference, current], options),
    ...moreOf('empty_rows_more', [reference, current], options),
    ...alike.map((columns): TableFinding => ({ code: 'columns_alike_new', severity: 'note', columns })),
    ...reference.correlations.flatMap((before) => {
      const now = current.correlations.find(({ method }) => method === before.method)
      const changes = now === undefined ? [] : changedCorrelations(before, now)
      return changes.map((change): TableFinding => ({ code: 'correlation_changed', severity: 'note', ...change }))
    }),
  ]
}

function moreOf(
  code: 'duplicates_more' | 'empty_rows_more',
  [reference, current]: readonly [TableProfile, TableProfile],
  { chanceMax = 0.001, shareMin = 0.001 }: QualityOptions,
): TableFinding[] {
  const hitsOf = (profile: TableProfile) => (code === 'duplicates_more' ? profile.duplicateCount : profile.emptyCount)
  const [before, after] = [hitsOf(reference), hitsOf(current)]
  const was = reference.rowCount === 0 ? 0 : before / reference.rowCount
  const now = after / current.rowCount
  if (now <= was) return []
  // Of small domains a longer table has more duplicates by itself; only those of a table that is not longer are told from that.
  const isLonger = code === 'duplicates_more' && current.rowCount > reference.rowCount
  const chance = chanceOfGrowth({ hits: after, rows: current.rowCount }, { hits: before, rows: reference.rowCount })
  const isIssue = !isLonger && chance <= chanceMax && now - was >= shareMin
  return [{ code, severity: isIssue ? 'issue' : 'note', was, now, chance }]
}
