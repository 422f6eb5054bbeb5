import { MlError } from '../ml-error.js'
import { int32At, itemAt } from './element.js'
import { assertUniqueNames } from './unique-names.js'

/**
 * A column of a table as it comes from a file, before any preprocessing.
 * - `number`: float64, NaN where missing; booleans are 0 and 1
 * - `text`: a code per row into `categories`, -1 where missing; a category may have no row
 * - `time`: milliseconds since 1970-01-01 UTC, NaN where missing
 */
export type TableColumn =
  | { readonly kind: 'number'; readonly name: string; readonly values: Float64Array }
  | {
      readonly kind: 'text'
      readonly name: string
      readonly codes: Int32Array
      readonly categories: readonly string[]
    }
  | { readonly kind: 'time'; readonly name: string; readonly values: Float64Array }

export type TableColumnKind = TableColumn['kind']

/** Rows of typed, named columns of equal length: what a pipeline is fitted on and predicts. */
export interface Table {
  readonly rowCount: number
  readonly columns: readonly TableColumn[]
}

/** Number of rows of a column. */
export function columnLength(column: TableColumn): number {
  return column.kind === 'text' ? column.codes.length : column.values.length
}

/**
 * Puts columns of equal length together.
 * @throws MlError `length_mismatch`, `duplicate_name` or `invalid_name`
 */
export function table(columns: readonly TableColumn[]): Table {
  assertUniqueNames(
    'column',
    columns.map(({ name }) => name),
  )
  const [first] = columns
  const rowCount = first === undefined ? 0 : columnLength(first)
  for (const column of columns) {
    if (columnLength(column) === rowCount) continue
    throw new MlError(
      'length_mismatch',
      `Column ${JSON.stringify(column.name)} has ${columnLength(column)} rows but ${JSON.stringify(first?.name)} has ${rowCount}: give columns of one length`,
      { value: columnLength(column) },
    )
  }
  return { rowCount, columns }
}

/** A column of text from plain values; null is missing. Categories stand in the order of their first row. */
export function textColumn(name: string, values: readonly (string | null)[]): TableColumn {
  const codeOf = new Map<string, number>()
  const codes = Int32Array.from(values, (value) => {
    if (value === null) return -1
    const known = codeOf.get(value)
    if (known !== undefined) return known
    codeOf.set(value, codeOf.size)
    return codeOf.size - 1
  })
  return { kind: 'text', name, codes, categories: [...codeOf.keys()] }
}

/** The column of that name. Throws MlError `missing_feature`. */
export function columnNamed({ columns }: Table, name: string): TableColumn {
  const column = columns.find((candidate) => candidate.name === name)
  if (column !== undefined) return column
  const known = columns.map((candidate) => JSON.stringify(candidate.name)).join(', ')
  throw new MlError('missing_feature', `There is no column ${JSON.stringify(name)}: the rows have ${known}`, {
    value: name,
  })
}

/** The given rows, in the given order; an index may come twice. */
export function takeTableRows({ columns }: Table, rows: Int32Array): Table {
  return {
    rowCount: rows.length,
    columns: columns.map((column) => {
      if (column.kind === 'text') return { ...column, codes: rows.map((row) => int32At(column.codes, row)) }
      const values = new Float64Array(rows.length)
      for (let index = 0; index < rows.length; index++) values[index] = itemAt(column.values, int32At(rows, index))
      return { ...column, values }
    }),
  }
}
