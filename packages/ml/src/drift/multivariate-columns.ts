import { float64At, int32At } from '../data/element.js'
import { columnNamed, type Table, type TableColumn, takeTableRows } from '../data/table.js'
import { MlError } from '../ml-error.js'
import { evenPlaces } from './even-places.js'

export interface SharedColumns {
  readonly names: readonly string[]
  /** Those that one side alone has, or as another kind. */
  readonly leftOut: readonly string[]
}

/** Columns that both sides have as the same kind, in the order of the reference. */
export function sharedColumns(reference: Table, current: Table): SharedColumns {
  const kinds = new Map(current.columns.map(({ name, kind }) => [name, kind]))
  const names = reference.columns.filter(({ name, kind }) => kinds.get(name) === kind).map(({ name }) => name)
  const shared = new Set(names)
  const all = new Set([...reference.columns, ...current.columns].map(({ name }) => name))
  if (names.length === 0) {
    throw new MlError('missing_feature', 'Both sides have no column in common: give columns of the same name and kind')
  }
  return { names, leftOut: [...all].filter((name) => !shared.has(name)) }
}

/** A numeric or time column: what is missing or infinite is NaN. */
export function finiteValues(column: Exclude<TableColumn, { kind: 'text' }>): Float64Array {
  return column.values.map((value) => (Number.isFinite(value) ? value : Number.NaN))
}

/** Rows of each label. */
export function labelCounts(column: Extract<TableColumn, { kind: 'text' }>): ReadonlyMap<string, number> {
  const rows = new Float64Array(column.categories.length)
  for (let row = 0; row < column.codes.length; row++) {
    const code = int32At(column.codes, row)
    if (code >= 0) rows[code] = float64At(rows, code) + 1
  }
  const counts = new Map<string, number>()
  for (const [code, label] of column.categories.entries())
    if (float64At(rows, code) > 0) counts.set(label, float64At(rows, code))
  return counts
}

/** Each row as what its label stands for; NaN where it is missing or unknown. */
export function valuesOfLabels(
  column: Extract<TableColumn, { kind: 'text' }>,
  toNumber: (label: string) => number | undefined,
  ofMissing = Number.NaN,
): Float64Array {
  const values = Float64Array.from(column.categories, (label) => toNumber(label) ?? Number.NaN)
  return Float64Array.from(column.codes, (code) => (code < 0 ? ofMissing : float64At(values, code)))
}

/** At even distances, where there are more. */
export function thinned(rows: Table, rowsMax: number): Table {
  if (rows.rowCount <= rowsMax) return rows
  return takeTableRows(rows, evenPlaces(rows.rowCount, rowsMax))
}

/** Both sides of a column; they have it as the same kind. */
export function pairOf(name: string, reference: Table, current: Table): readonly [TableColumn, TableColumn] {
  return [columnNamed(reference, name), columnNamed(current, name)]
}

/** The values of both, one after the other. */
export function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

/** The label of most rows; of equal ones the first by its letters. */
export function mostFrequent(counts: ReadonlyMap<string, number>): string | undefined {
  const labels = [...counts.keys()].sort((a, b) => (a < b ? -1 : 1))
  let best: string | undefined
  for (const label of labels) if (best === undefined || (counts.get(label) ?? 0) > (counts.get(best) ?? 0)) best = label
  return best
}
