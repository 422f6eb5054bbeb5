import { float32At, int32At } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { denseValues, isSparse } from '../pipeline/flow.js'
import type { Flow } from '../pipeline/pipeline.js'

/** The values of one feature: those of the rows listed; the other rows have 0. */
export interface FeatureValues {
  /** null: every row, in order. */
  readonly rows: Int32Array | null
  readonly values: Float32Array
}

/** The features one by one. */
export function featureValues(input: Flow, step: string): FeatureValues[] {
  if (isSparse(input)) return sparseFeatures(input)
  return denseValues(input, step).map((values) => ({ rows: null, values }))
}

/** Rows turned into columns, rows ascending within each. */
function sparseFeatures({ rowCount, columnCount, rowStarts, columnIds, values }: SparseMatrix): FeatureValues[] {
  const starts = new Int32Array(columnCount + 1)
  for (let entry = 0; entry < columnIds.length; entry++) {
    const next = int32At(columnIds, entry) + 1
    starts[next] = int32At(starts, next) + 1
  }
  for (let column = 0; column < columnCount; column++) {
    starts[column + 1] = int32At(starts, column + 1) + int32At(starts, column)
  }
  const ends = starts.slice()
  const rows = new Int32Array(columnIds.length)
  const byColumn = new Float32Array(columnIds.length)
  for (let row = 0; row < rowCount; row++) {
    for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
      const column = int32At(columnIds, entry)
      const at = int32At(ends, column)
      rows[at] = row
      byColumn[at] = float32At(values, entry)
      ends[column] = at + 1
    }
  }
  return Array.from({ length: columnCount }, (_, column) => {
    const [from, to] = [int32At(starts, column), int32At(starts, column + 1)]
    return { rows: rows.subarray(from, to), values: byColumn.subarray(from, to) }
  })
}

/** The feature of every row. */
export function spreadFeature({ rows, values }: FeatureValues, rowCount: number): Float32Array {
  if (rows === null) return values
  const all = new Float32Array(rowCount)
  for (let entry = 0; entry < rows.length; entry++) all[int32At(rows, entry)] = float32At(values, entry)
  return all
}
