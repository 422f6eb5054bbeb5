import { float64At, int32At, itemAt } from '../data/element.js'
import { columnLength, type Table, type TableColumn, type TableColumnKind } from '../data/table.js'
import { momentsOf, quantileOf } from '../preprocessing/column-statistics.js'

/** The finite values of a column of numbers or times, in its own unit (times: milliseconds since 1970). */
export interface NumberProfile {
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Of a sample: divided by the count less 1, as pandas; null of one value. */
  readonly std: number | null
  /** At `profileShares`, between two values in proportion. */
  readonly quantiles: readonly number[]
  /** Whether every value is whole. */
  readonly isWhole: boolean
}

export interface ValueCount {
  readonly value: string
  readonly count: number
}

/** What is kept of a column to compare others with: plain JSON whose size does not grow with the rows. */
export interface ColumnProfile {
  readonly name: string
  readonly kind: TableColumnKind
  readonly rowCount: number
  /** NaN, no text or an empty text. */
  readonly missingCount: number
  /** Positive or negative infinity, which counts as a value but is in no statistic. */
  readonly infiniteCount: number
  /** Distinct values, those that are missing aside. */
  readonly distinctCount: number
  /** Values that one row has: what the share of values never seen is judged by. */
  readonly singleCount: number
  /** Values that two rows have. */
  readonly doubleCount: number
  /** Rows of the commonest value; 0 of a column without one. */
  readonly commonestCount: number
  /** Null of texts and where no value is finite. */
  readonly numbers: NumberProfile | null
  /** Texts by falling count, then by code unit: all of them, or `profileCategoriesMax`; null of numbers. */
  readonly categories: readonly ValueCount[] | null
}

/** Shares whose quantiles a profile keeps. */
export const profileShares: readonly number[] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

/** Categories that a profile keeps; of a column with more, new ones cannot be told. */
export const profileCategoriesMax = 10_000

/** The profile of every column, in the order of the table. */
export function profileTable({ columns }: Table): ColumnProfile[] {
  return columns.map(profileColumn)
}

/** Counts a column in one pass and one sort; a table that does not fit in memory is profiled column by column. */
export function profileColumn(column: TableColumn): ColumnProfile {
  return column.kind === 'text' ? profileText(column) : profileNumbers(column)
}

function profileText(column: Extract<TableColumn, { kind: 'text' }>): ColumnProfile {
  const counts = countCategories(column)
  const found = column.categories.flatMap((value, code) => {
    const count = int32At(counts, code)
    return count === 0 || value === '' ? [] : [{ value, count }]
  })
  found.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  const present = found.reduce((sum, { count }) => sum + count, 0)
  return {
    name: column.name,
    kind: 'text',
    rowCount: columnLength(column),
    missingCount: columnLength(column) - present,
    infiniteCount: 0,
    distinctCount: found.length,
    singleCount: found.filter(({ count }) => count === 1).length,
    doubleCount: found.filter(({ count }) => count === 2).length,
    commonestCount: found[0]?.count ?? 0,
    numbers: null,
    categories: found.slice(0, profileCategoriesMax),
  }
}

/** Rows by code of a column of texts; rows without a text do not count. */
export function countCategories({ codes, categories }: Extract<TableColumn, { kind: 'text' }>): Int32Array {
  const counts = new Int32Array(categories.length)
  for (let row = 0; row < codes.length; row++) {
    const code = int32At(codes, row)
    if (code >= 0) counts[code] = int32At(counts, code) + 1
  }
  return counts
}

function profileNumbers({ name, kind, values }: Exclude<TableColumn, { kind: 'text' }>): ColumnProfile {
  const sorted = sortedValues(values)
  let first = 0
  while (first < sorted.length && float64At(sorted, first) === -Infinity) first++
  let end = sorted.length
  while (end > first && float64At(sorted, end - 1) === Infinity) end--
  const runs = countRuns(sorted)
  return {
    name,
    kind,
    rowCount: values.length,
    missingCount: values.length - sorted.length,
    infiniteCount: sorted.length - (end - first),
    ...runs,
    numbers: end > first ? profileFinite(sorted.subarray(first, end)) : null,
    categories: null,
  }
}

/** The values that are not NaN, ascending. */
export function sortedValues(values: Float32Array | Float64Array): Float64Array {
  const kept = new Float64Array(values.length)
  let count = 0
  for (let row = 0; row < values.length; row++) {
    const value = itemAt(values, row)
    // Adding 0 makes one zero of both: the sort tells -0 from 0.
    if (!Number.isNaN(value)) kept[count++] = value + 0
  }
  return kept.subarray(0, count).sort()
}

function profileFinite(sorted: Float64Array): NumberProfile {
  const { count, mean, variance } = momentsOf(sorted)
  let isWhole = true
  for (let at = 0; at < sorted.length && isWhole; at++) isWhole = Number.isInteger(float64At(sorted, at))
  return {
    min: float64At(sorted, 0),
    max: float64At(sorted, sorted.length - 1),
    mean,
    std: count < 2 ? null : Math.sqrt((variance * count) / (count - 1)),
    quantiles: profileShares.map((share) => quantileOf(sorted, share)),
    isWhole,
  }
}

function countRuns(sorted: Float64Array) {
  let [distinctCount, singleCount, doubleCount, commonestCount] = [0, 0, 0, 0]
  for (let start = 0; start < sorted.length; ) {
    const value = float64At(sorted, start)
    let end = start + 1
    while (end < sorted.length && float64At(sorted, end) === value) end++
    distinctCount++
    if (end - start === 1) singleCount++
    if (end - start === 2) doubleCount++
    if (end - start > commonestCount) commonestCount = end - start
    start = end
  }
  return { distinctCount, singleCount, doubleCount, commonestCount }
}
