import { columnNamed, type Table, type TableColumn, type TableColumnKind } from '@fabrique/ml'
import type { ModelInput } from './training-messages.js'

/** Distinct texts that a signature lists at most. */
const valuesMax = 50

/** Rows looked at for an example in which nothing is missing. */
const exampleRowsMax = 1000

/** What a signature tells of the columns that a model reads: their range in the training rows, and one row as an example. */
export function describeInputs(
  rows: Table,
  inputs: readonly { readonly name: string; readonly column: TableColumnKind }[],
  trainRows: Int32Array,
): ModelInput[] {
  const columns = inputs.map(({ name }) => columnNamed(rows, name))
  const first = trainRows.subarray(0, exampleRowsMax)
  const complete = first.find((row) => columns.every((column) => valueAt(column, row) !== null))
  // Where every row lacks something, what the row of the example lacks is taken from another one.
  const exampleOf = (column: TableColumn) => {
    const own = valueAt(column, complete ?? first[0] ?? 0)
    const other = own === null ? trainRows.find((row) => valueAt(column, row) !== null) : undefined
    return other === undefined ? own : valueAt(column, other)
  }
  return columns.map((column) => ({
    name: column.name,
    column: column.kind,
    ...(column.kind === 'text' ? textsOf(column, trainRows) : rangeOf(column.values, trainRows)),
    example: exampleOf(column),
  }))
}

function valueAt(column: TableColumn, row: number): string | number | null {
  if (column.kind === 'text') return column.categories[column.codes[row] ?? -1] || null
  const value = column.values[row] ?? Number.NaN
  if (!Number.isFinite(value)) return null
  return column.kind === 'time' ? value : shown(value)
}

/** The texts of the training rows, ascending, where they are few; an empty text is a missing one. */
function textsOf(
  { codes, categories }: Extract<TableColumn, { kind: 'text' }>,
  rows: Int32Array,
): { values?: readonly string[] } {
  const seen = new Set<number>()
  for (const row of rows) {
    const code = codes[row] ?? -1
    if (code >= 0 && categories[code] !== '') seen.add(code)
    if (seen.size > valuesMax) return {}
  }
  const values = Array.from(seen, (code) => categories[code] ?? '').sort()
  return values.every(({ length }) => length <= 100) ? { values } : {}
}

function rangeOf(values: Float64Array, rows: Int32Array): { min?: number; max?: number } {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const row of rows) {
    const value = values[row] ?? Number.NaN
    if (value < min) min = value
    if (value > max) max = value
  }
  return Number.isFinite(min) && Number.isFinite(max) ? { min: shown(min), max: shown(max) } : {}
}

/** Seven digits, which is what a model computes with; whole numbers stay as they are. */
function shown(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(7))
}
