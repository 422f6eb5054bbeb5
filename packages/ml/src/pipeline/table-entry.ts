import { float64At } from '../data/element.js'
import { columnNamed, type Table, type TableColumn, type TableColumnKind } from '../data/table.js'
import { MlError } from '../ml-error.js'

/**
 * The columns as a file would see them: numbers rounded to float32, times to whole milliseconds, an empty text missing.
 * @throws MlError `missing_feature` or `wrong_column_kind`
 */
export function entryColumns(
  table: Table,
  inputs: readonly { readonly name: string; readonly column: TableColumnKind }[],
): Map<string, TableColumn> {
  return new Map(
    inputs.map(({ name, column: kind }) => {
      const column = columnNamed(table, name)
      if (column.kind === kind) return [name, entryColumn(column)]
      // A column in which every value is missing has no kind of its own.
      const isEmpty =
        column.kind === 'text' ? column.codes.every((code) => code < 0) : column.values.every(Number.isNaN)
      if (isEmpty) return [name, missingColumn(name, kind, table.rowCount)]
      throw new MlError(
        'wrong_column_kind',
        `Column ${JSON.stringify(name)} holds ${column.kind}, but the pipeline was fitted on ${kind}: convert it`,
        { value: column.kind },
      )
    }),
  )
}

/** Refuses infinite numbers in what is learnt from, rows counted from 1. Throws MlError `non_finite_value`. */
export function assertFiniteColumns(columns: Iterable<TableColumn>): void {
  for (const column of columns) {
    if (column.kind === 'text') continue
    const row = column.values.findIndex((value) => value === Infinity || value === -Infinity)
    if (row < 0) continue
    throw new MlError(
      'non_finite_value',
      `Column ${JSON.stringify(column.name)} is ${column.values[row]} in row ${row + 1}: leave the value empty, or drop the row (float32 holds up to 3.4e38)`,
      { value: column.values[row] },
    )
  }
}

function missingColumn(name: string, kind: TableColumnKind, rowCount: number): TableColumn {
  if (kind === 'text') return { kind, name, codes: new Int32Array(rowCount).fill(-1), categories: [] }
  return { kind, name, values: new Float64Array(rowCount).fill(Number.NaN) }
}

function entryColumn(column: TableColumn): TableColumn {
  if (column.kind === 'text') {
    const empty = column.categories.indexOf('')
    return empty < 0 ? column : { ...column, codes: column.codes.map((code) => (code === empty ? -1 : code)) }
  }
  const round = column.kind === 'number' ? Math.fround : Math.trunc
  const values = new Float64Array(column.values.length)
  for (let row = 0; row < values.length; row++) values[row] = round(float64At(column.values, row))
  return { ...column, values }
}
