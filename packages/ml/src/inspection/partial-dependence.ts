import { float64At } from '../data/element.js'
import { columnNamed, type Table, type TableColumn } from '../data/table.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { weightedMean } from '../metrics/check-pairs.js'
import { percentile } from '../statistics/bootstrap.js'

/** The mean prediction when a column has one value in every row. */
export interface PartialDependence {
  readonly name: string
  /** Values of the column: numbers (milliseconds of a time), or texts. */
  readonly grid: readonly (number | string)[]
  readonly means: readonly number[]
}

export interface PartialDependenceOptions {
  /** Points of a number's grid; 20 by default. */
  readonly points?: number
  /** Most texts, the commonest first; 20 by default. */
  readonly categories?: number
  readonly signal?: AbortSignal
}

/**
 * Partial dependence (Friedman 2001) by brute force: evenly spaced values between the 5th and the 95th percentile, or all values of
 * fewer.
 * @param predict one number per row: of a regressor its prediction, of a classifier the probability of a class
 * @throws MlError `missing_feature` or `training_aborted`
 */
export async function partialDependence(
  rows: Table,
  name: string,
  predict: (rows: Table) => ArrayLike<number> | Promise<ArrayLike<number>>,
  options: PartialDependenceOptions = {},
): Promise<PartialDependence> {
  const { points = 20, categories = 20, signal } = options
  const column = columnNamed(rows, name)
  const grid = gridOf(column, { points, categories })
  const means: number[] = []
  for (const value of grid) {
    assertNotAborted(signal)
    const columns = rows.columns.map((own) => (own === column ? constantColumn(column, value, rows.rowCount) : own))
    const predicted = Float64Array.from(await predict({ rowCount: rows.rowCount, columns }))
    means.push(weightedMean(predicted.length, undefined, (row) => float64At(predicted, row)))
  }
  return { name, grid, means }
}

function gridOf(column: TableColumn, { points, categories }: { points: number; categories: number }) {
  if (column.kind === 'text') return textGrid(column, categories)
  const grid = numberGrid(column.values, points)
  // Files take moments in whole milliseconds.
  return column.kind === 'time' ? grid.map(Math.round) : grid
}

function numberGrid(values: Float64Array, points: number): number[] {
  const known = values.filter((value) => !Number.isNaN(value)).sort()
  const distinct = [...new Set(known)]
  if (distinct.length <= points) return distinct
  const [low, high] = [percentile(known, 0.05), percentile(known, 0.95)]
  return Array.from({ length: points }, (_, index) => low + (index / (points - 1)) * (high - low))
}

function textGrid({ codes, categories }: Extract<TableColumn, { kind: 'text' }>, most: number): string[] {
  const counts = new Map<number, number>()
  for (const code of codes) if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || a - b)
    .slice(0, most)
    .map(([code]) => categories[code] ?? '')
}

function constantColumn(column: TableColumn, value: number | string, rowCount: number): TableColumn {
  if (column.kind === 'text')
    return { ...column, codes: new Int32Array(rowCount).fill(column.categories.indexOf(String(value))) }
  return { ...column, values: new Float64Array(rowCount).fill(Number(value)) }
}
