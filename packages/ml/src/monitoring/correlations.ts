import { float64At, int32At, itemAt } from '../data/element.js'
import { assertPaired } from '../metrics/check-pairs.js'
import { orderRows, rankRows } from './order-rows.js'

/**
 * Pearson's correlation of two columns over the rows where both are finite, -1..1, as pandas' `corr`; NaN below two rows or where one of
 * them is constant.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function pearson(first: Float64Array, second: Float64Array): number {
  assertPaired(first.length, second.length)
  return ofCentred(centred(first), centred(second))
}

/** Values of which one near their mean is taken for their centre. */
const centreChoices = 100

/**
 * The values less one of them that is near their mean, so that sums of squares lose no digits; what is not finite becomes NaN. Being one of
 * the values, the centre makes a constant column exactly zero, which a computed mean would not.
 */
function centred(values: Float64Array): Float64Array {
  let [count, total] = [0, 0]
  for (let row = 0; row < values.length; row++) {
    const value = float64At(values, row)
    if (!Number.isFinite(value)) continue
    count++
    total += value
  }
  const mean = total / count
  let centre = Number.NaN
  for (let row = 0, seen = 0; row < values.length && seen < centreChoices; row++) {
    const value = float64At(values, row)
    if (!Number.isFinite(value)) continue
    seen++
    if (!(Math.abs(value - mean) >= Math.abs(centre - mean))) centre = value
  }
  return values.map((value) => (Number.isFinite(value) ? value - centre : Number.NaN))
}

/** Shares of a sum of squares below this are what rounding leaves of a constant. */
const leftOver = 1e-13

function ofCentred(first: Float64Array, second: Float64Array): number {
  // Sums in an array rather than in variables: the engine keeps the former as doubles, which is four times as fast here.
  const sums = new Float64Array(6)
  const length = first.length
  for (let row = 0; row < length; row++) {
    const a = float64At(first, row)
    const b = float64At(second, row)
    const product = a * b
    if (Number.isNaN(product)) continue
    sums[0] = float64At(sums, 0) + 1
    sums[1] = float64At(sums, 1) + a
    sums[2] = float64At(sums, 2) + b
    sums[3] = float64At(sums, 3) + a * a
    sums[4] = float64At(sums, 4) + b * b
    sums[5] = float64At(sums, 5) + product
  }
  const [count = 0, sumFirst = 0, sumSecond = 0, squaresFirst = 0, squaresSecond = 0, products = 0] = sums
  const spreadFirst = squaresFirst - (sumFirst * sumFirst) / count
  const spreadSecond = squaresSecond - (sumSecond * sumSecond) / count
  if (count < 2 || spreadFirst <= leftOver * squaresFirst || spreadSecond <= leftOver * squaresSecond) return Number.NaN
  return bounded((products - (sumFirst * sumSecond) / count) / Math.sqrt(spreadFirst * spreadSecond))
}

/** A column and its rows by ascending value, which all of its pairs share. */
interface Ordered {
  readonly values: Float64Array
  readonly order: Int32Array
}

/**
 * Spearman's rank correlation: Pearson's of the ranks among the rows where both are finite, ties at the mean of their places.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function spearman(first: Float64Array, second: Float64Array): number {
  assertPaired(first.length, second.length)
  return rankCorrelation({ values: first, order: orderRows(first) }, { values: second, order: orderRows(second) })
}

function rankCorrelation(first: Ordered, second: Ordered): number {
  const isComplete = (column: Ordered) => column.order.length === column.values.length
  const ranksBeside = (own: Ordered, other: Ordered) =>
    rankRows(
      own.values,
      isComplete(other) ? own.order : own.order.filter((row) => Number.isFinite(float64At(other.values, row))),
    )
  return pearson(ranksBeside(first, second), ranksBeside(second, first))
}

/**
 * Kendall's tau-b over the rows where both are finite, in n log n (Knight 1966), as scipy's `kendalltau`; NaN where one is constant.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function kendall(first: Float64Array, second: Float64Array): number {
  assertPaired(first.length, second.length)
  const rows = orderRows(first).filter((row) => Number.isFinite(float64At(second, row)))
  const count = rows.length
  if (count < 2) return Number.NaN
  const pairs = (count * (count - 1)) / 2
  let [tiedFirst, tiedBoth] = [0, 0]
  for (let start = 0; start < count; ) {
    const value = float64At(first, int32At(rows, start))
    let end = start + 1
    while (end < count && float64At(first, int32At(rows, end)) === value) end++
    const tied = rows.subarray(start, end).sort((a, b) => float64At(second, a) - float64At(second, b))
    tiedFirst += (tied.length * (tied.length - 1)) / 2
    tiedBoth += tiedPairs(Float64Array.from(tied, (row) => float64At(second, row)))
    start = end
  }
  const beside = Float64Array.from(rows, (row) => float64At(second, row))
  const swaps = sortCountingSwaps(beside)
  const tiedSecond = tiedPairs(beside)
  const spread = Math.sqrt(pairs - tiedFirst) * Math.sqrt(pairs - tiedSecond)
  if (spread === 0) return Number.NaN
  return bounded((pairs - tiedFirst - tiedSecond + tiedBoth - 2 * swaps) / spread)
}

/** Pairs of equal values of an ascending column. */
function tiedPairs(sorted: Float64Array): number {
  let pairs = 0
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1
    while (end < sorted.length && float64At(sorted, end) === float64At(sorted, start)) end++
    pairs += ((end - start) * (end - start - 1)) / 2
    start = end
  }
  return pairs
}

/** Sorts by merging, in place; gives the pairs that were in the wrong order. */
function sortCountingSwaps(values: Float64Array): number {
  let swaps = 0
  let from = values
  let to: Float64Array = new Float64Array(values.length)
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length)
      const end = Math.min(start + 2 * width, values.length)
      let [left, right] = [start, middle]
      for (let at = start; at < end; at++) {
        if (left < middle && (right >= end || float64At(from, left) <= float64At(from, right))) {
          to[at] = float64At(from, left++)
        } else {
          to[at] = float64At(from, right++)
          swaps += middle - left
        }
      }
    }
    const moved = from
    from = to
    to = moved
  }
  if (from !== values) values.set(from)
  return swaps
}

/** Rounding may leave a perfect correlation just above 1. */
function bounded(value: number): number {
  return Math.max(-1, Math.min(1, value))
}

export type CorrelationMethod = 'pearson' | 'spearman' | 'kendall' | 'cramer_v'

/** The correlation of each two columns, of one kind of columns. */
export interface CorrelationMatrix {
  readonly method: CorrelationMethod
  readonly columns: readonly string[]
  /** Line after line, in the order of `columns`; null where it has no meaning. The diagonal is 1 of a column that is not constant. */
  readonly values: readonly (readonly (number | null)[])[]
  /** Rows looked at: all, or every so many where a method would take too long. */
  readonly rowCount: number
}

/**
 * Rows that a rank correlation looks at, evenly spread over all: ranks are made anew for each two columns that miss different rows, and
 * Kendall's sorts each two. The standard errors at these numbers are 0.003 and 0.007.
 */
export const rankedRowsMax = { spearman: 100_000, kendall: 10_000 } as const

/**
 * Pearson's, Spearman's or Kendall's correlation of each two columns of numbers; rows that miss one of the two are left out of that pair.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function correlateNumbers(
  columns: readonly { readonly name: string; readonly values: Float64Array }[],
  method: Exclude<CorrelationMethod, 'cramer_v'>,
): CorrelationMatrix {
  const rowCount = columns[0]?.values.length ?? 0
  const step = method === 'pearson' ? 1 : Math.max(1, Math.ceil(rowCount / rankedRowsMax[method]))
  const taken = columns.map(({ values }) => (step === 1 ? values : everyNth(values, step)))
  const correlate = correlator(taken, method)
  return {
    method,
    columns: columns.map(({ name }) => name),
    values: matrixOf(columns.length, (first, second) => correlate(first, second)),
    rowCount: Math.ceil(rowCount / step),
  }
}

function correlator(columns: readonly Float64Array[], method: CorrelationMethod) {
  if (method === 'kendall') {
    return (first: number, second: number) => kendall(itemAt(columns, first), itemAt(columns, second))
  }
  if (method === 'pearson') {
    const about = columns.map(centred)
    return (first: number, second: number) => ofCentred(itemAt(about, first), itemAt(about, second))
  }
  const ordered = columns.map((values): Ordered => ({ values, order: orderRows(values) }))
  // Ranks of a column without gaps are the same in all of its pairs with others of the kind.
  const ranks = ordered.map(({ values, order }) =>
    order.length === values.length ? centred(rankRows(values, order)) : null,
  )
  return (first: number, second: number) => {
    const [own, other] = [ranks[first], ranks[second]]
    if (own && other) return ofCentred(own, other)
    return rankCorrelation(itemAt(ordered, first), itemAt(ordered, second))
  }
}

function everyNth(values: Float64Array, step: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(values.length / step) }, (_, index) => float64At(values, index * step))
}

/** Each pair is computed once; a column with itself is 1, or has no meaning where it is constant. */
function matrixOf(size: number, correlate: (first: number, second: number) => number): (number | null)[][] {
  const values = Array.from({ length: size }, () => new Array<number | null>(size).fill(null))
  for (let first = 0; first < size; first++) {
    for (let second = first; second < size; second++) {
      const found = correlate(first, second)
      const value = Number.isNaN(found) ? null : first === second ? 1 : found
      itemAt(values, first)[second] = value
      itemAt(values, second)[first] = value
    }
  }
  return values
}

/** A column of texts as codes, -1 where missing. */
export interface CodedColumn {
  readonly name: string
  readonly codes: Int32Array
  readonly categories: readonly string[]
}

/**
 * Cramér's V of two columns of categories over the rows where both are there, 0..1: the root of chi-square over rows times one less than
 * the fewer categories, without corrections, as Evidently; NaN where one has a single category.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function cramerV(first: CodedColumn, second: CodedColumn): number {
  assertPaired(first.codes.length, second.codes.length)
  const [height, width] = [first.categories.length, second.categories.length]
  const { counts, lines, places } = countPairs(first, second)
  const usedLines = lines.reduce((used, count) => used + (count > 0 ? 1 : 0), 0)
  const usedPlaces = places.reduce((used, count) => used + (count > 0 ? 1 : 0), 0)
  const freedom = Math.min(usedLines, usedPlaces) - 1
  if (freedom < 1 || height === 0 || width === 0) return Number.NaN
  // Sum of (seen - expected)^2 / expected = sum of seen^2 / expected, less the rows.
  let sum = 0
  for (const [cell, count] of counts) {
    const line = Math.floor(cell / width)
    sum += (count * count) / (float64At(lines, line) * float64At(places, cell - line * width))
  }
  return Math.sqrt(Math.max(0, sum - 1) / freedom)
}

/** Cells up to this many are a plain array, which is much faster to count in than a map. */
const denseCellsMax = 1_000_000

function countPairs(first: CodedColumn, second: CodedColumn) {
  const [height, width] = [first.categories.length, second.categories.length]
  const lines = new Float64Array(height)
  const places = new Float64Array(width)
  const isDense = height * width <= denseCellsMax
  const dense = new Int32Array(isDense ? height * width : 0)
  const sparse = new Map<number, number>()
  let rows = 0
  for (let row = 0; row < first.codes.length; row++) {
    const [line, place] = [int32At(first.codes, row), int32At(second.codes, row)]
    if (line < 0 || place < 0) continue
    rows++
    lines[line] = float64At(lines, line) + 1
    places[place] = float64At(places, place) + 1
    const cell = line * width + place
    if (isDense) dense[cell] = int32At(dense, cell) + 1
    else sparse.set(cell, (sparse.get(cell) ?? 0) + 1)
  }
  for (let cell = 0; cell < dense.length; cell++) if (int32At(dense, cell) > 0) sparse.set(cell, int32At(dense, cell))
  return { counts: sparse, lines, places, rows }
}

/**
 * Cramér's V of each two columns of categories.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function correlateCategories(columns: readonly CodedColumn[]): CorrelationMatrix {
  return {
    method: 'cramer_v',
    columns: columns.map(({ name }) => name),
    values: matrixOf(columns.length, (first, second) => cramerV(itemAt(columns, first), itemAt(columns, second))),
    rowCount: columns[0]?.codes.length ?? 0,
  }
}

/** Two columns whose correlation is not what it was. */
export interface CorrelationChange {
  readonly columns: readonly [string, string]
  readonly method: CorrelationMethod
  readonly was: number
  readonly now: number
}

/**
 * Pairs whose correlation differs by more than `differenceMin` (0.1) and by more than `deviations` (4) standard errors of Fisher's
 * transform, which hold for Pearson's and nearly for Spearman's; greatest differences first. Of the other methods only the size counts.
 */
export function changedCorrelations(
  reference: CorrelationMatrix,
  current: CorrelationMatrix,
  options: { readonly differenceMin?: number; readonly deviations?: number } = {},
): CorrelationChange[] {
  const { differenceMin = 0.1, deviations = 4 } = options
  const placeNow = new Map(current.columns.map((name, place) => [name, place]))
  const error = Math.sqrt(1 / Math.max(reference.rowCount - 3, 1) + 1 / Math.max(current.rowCount - 3, 1))
  const isTransformed = reference.method === 'pearson' || reference.method === 'spearman'
  const changes: CorrelationChange[] = []
  for (const [first, name] of reference.columns.entries()) {
    for (const [place, other] of reference.columns.slice(first + 1).entries()) {
      const was = reference.values[first]?.[first + 1 + place] ?? null
      const now = current.values[placeNow.get(name) ?? -1]?.[placeNow.get(other) ?? -1] ?? null
      if (was === null || now === null || Math.abs(now - was) <= differenceMin) continue
      if (isTransformed && Math.abs(fisher(now) - fisher(was)) <= deviations * error) continue
      changes.push({ columns: [name, other], method: reference.method, was, now })
    }
  }
  return changes.sort((a, b) => Math.abs(b.now - b.was) - Math.abs(a.now - a.was))
}

/** Fisher's transform, kept finite for a perfect correlation. */
function fisher(correlation: number): number {
  return Math.atanh(Math.max(-0.999999, Math.min(0.999999, correlation)))
}
