import type { Features } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { DesignMatrix } from './design-matrix.js'
import { float32At, float64At, int32At } from './element.js'
import type { SparseMatrix } from './sparse-matrix.js'

/** Rows side by side in memory: entry `row * columnCount + column`. */
export interface DenseRows {
  readonly kind: 'dense'
  readonly rowCount: number
  readonly columnCount: number
  readonly values: Float64Array
}

/** Features as linear models read them: a row at a time. */
export type FeatureRows = DenseRows | SparseMatrix

/**
 * A float64 array, in memory that threads share if they are to.
 * @throws MlError `memory_limit`
 */
export function floats(length: number, isShared = false): Float64Array {
  try {
    return isShared ? new Float64Array(new SharedArrayBuffer(8 * length)) : new Float64Array(length)
  } catch (cause) {
    throw new MlError(
      'memory_limit',
      `There is no memory for ${length} numbers of 8 bytes: take fewer rows or features`,
      { value: length, cause },
    )
  }
}

/** How many numbers the features hold. */
export function entryCount(features: Features): number {
  return 'columns' in features ? features.rowCount * features.columns.length : features.values.length
}

/** Dense columns become rows; sparse rows stay as they are. */
export function featureRows(features: Features, isShared = false): FeatureRows {
  if ('columns' in features) return denseRows(features, isShared)
  return isShared ? sharedSparse(features) : features
}

export function denseRows({ rowCount, columns }: DesignMatrix, isShared = false): DenseRows {
  const columnCount = columns.length
  const values = floats(rowCount * columnCount, isShared)
  for (const [column, { values: from }] of columns.entries()) {
    if (from instanceof Float32Array) spreadFloat32(from, values, { column, columnCount })
    else spreadFloat64(from, values, { column, columnCount })
  }
  return { kind: 'dense', rowCount, columnCount, values }
}

interface Place {
  readonly column: number
  readonly columnCount: number
}

function spreadFloat32(from: Float32Array, to: Float64Array, { column, columnCount }: Place): void {
  for (let row = 0, at = column; row < from.length; row++, at += columnCount) to[at] = float32At(from, row)
}

function spreadFloat64(from: Float64Array, to: Float64Array, { column, columnCount }: Place): void {
  for (let row = 0, at = column; row < from.length; row++, at += columnCount) to[at] = float64At(from, row)
}

function sharedSparse(matrix: SparseMatrix): SparseMatrix {
  const values = new Float32Array(new SharedArrayBuffer(4 * matrix.values.length))
  values.set(matrix.values)
  return { ...matrix, rowStarts: sharedInts(matrix.rowStarts), columnIds: sharedInts(matrix.columnIds), values }
}

function sharedInts(from: Int32Array): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(4 * from.length))
  shared.set(from)
  return shared
}

/** The entries of a sparse matrix column by column: those of column `c` are `columnStarts[c]..columnStarts[c + 1] - 1`. */
export interface SparseColumns {
  readonly columnStarts: Int32Array
  /** Ascending within a column. */
  readonly rowIds: Int32Array
  readonly values: Float32Array
}

export function sparseColumns(matrix: SparseMatrix, isShared = false): SparseColumns {
  const { rowCount, columnCount, rowStarts, columnIds, values } = matrix
  const memory = (bytes: number) => (isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
  const columnStarts = new Int32Array(memory(4 * (columnCount + 1)))
  for (let entry = 0; entry < columnIds.length; entry++) {
    const after = int32At(columnIds, entry) + 1
    columnStarts[after] = int32At(columnStarts, after) + 1
  }
  for (let column = 0; column < columnCount; column++) {
    columnStarts[column + 1] = int32At(columnStarts, column) + int32At(columnStarts, column + 1)
  }
  const next = columnStarts.slice(0, columnCount)
  const rowIds = new Int32Array(memory(4 * columnIds.length))
  const transposed = new Float32Array(memory(4 * columnIds.length))
  for (let row = 0; row < rowCount; row++) {
    for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
      const column = int32At(columnIds, entry)
      const at = int32At(next, column)
      rowIds[at] = row
      transposed[at] = float32At(values, entry)
      next[column] = at + 1
    }
  }
  return { columnStarts, rowIds, values: transposed }
}
