import { MlError } from '../ml-error.js'
import { float32At, int32At } from './element.js'

/**
 * Rows of mostly zeros, row by row (CSR): the entries of row `r` are `rowStarts[r]..rowStarts[r + 1] - 1` of the two lists
 * below, columns ascending within a row.
 */
export interface SparseMatrix {
  readonly kind: 'sparse'
  readonly rowCount: number
  readonly columnCount: number
  /** One more entry than rows. */
  readonly rowStarts: Int32Array
  readonly columnIds: Int32Array
  readonly values: Float32Array
  /** Names of the columns; null where they would be too many to be worth it (hashed features). */
  readonly columnNames: readonly string[] | null
}

/** The given rows, in the given order; an index may come twice. */
export function takeSparseRows(matrix: SparseMatrix, rows: Int32Array): SparseMatrix {
  const rowStarts = new Int32Array(rows.length + 1)
  for (let index = 0; index < rows.length; index++) {
    const row = int32At(rows, index)
    rowStarts[index + 1] =
      int32At(rowStarts, index) + int32At(matrix.rowStarts, row + 1) - int32At(matrix.rowStarts, row)
  }
  const columnIds = new Int32Array(int32At(rowStarts, rows.length))
  const values = new Float32Array(columnIds.length)
  for (let index = 0; index < rows.length; index++) {
    const row = int32At(rows, index)
    const [start, end] = [int32At(matrix.rowStarts, row), int32At(matrix.rowStarts, row + 1)]
    columnIds.set(matrix.columnIds.subarray(start, end), int32At(rowStarts, index))
    values.set(matrix.values.subarray(start, end), int32At(rowStarts, index))
  }
  return { ...matrix, rowCount: rows.length, rowStarts, columnIds, values }
}

/**
 * Refuses a sparse matrix that has a value which is not finite; NaN only where it may not be missing.
 * @throws MlError `non_finite_value`
 */
export function assertFiniteSparse({ values }: SparseMatrix, missing = false): void {
  for (let index = 0; index < values.length; index++) {
    const value = float32At(values, index)
    if (Number.isFinite(value) || (missing && Number.isNaN(value))) continue
    throw new MlError('non_finite_value', `A feature is ${value}: fill in or drop such rows`, { value })
  }
}
