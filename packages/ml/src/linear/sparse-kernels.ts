import { float32At, float64At, int32At } from '../data/element.js'
import type { SparseColumns } from '../data/feature-rows.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'

/** A part of the rows, or of the columns, of a sparse matrix. */
export interface SparseRange {
  readonly outputCount: number
  readonly from: number
  readonly to: number
}

/**
 * Scores of the rows of a range: `scores[row * outputCount + output]`.
 * @param parameters coefficients of all outputs column by column, then one intercept each
 */
export function sparseScores(
  { rowStarts, columnIds, values, columnCount }: SparseMatrix,
  { outputCount, from, to }: SparseRange,
  { parameters, scores }: { readonly parameters: Float64Array; readonly scores: Float64Array },
): void {
  const intercepts = columnCount * outputCount
  for (let row = from; row < to; row++) {
    const at = row * outputCount
    for (let output = 0; output < outputCount; output++)
      scores[at + output] = float64At(parameters, intercepts + output)
    const end = int32At(rowStarts, row + 1)
    for (let entry = int32At(rowStarts, row); entry < end; entry++) {
      const value = float32At(values, entry)
      const coefficients = int32At(columnIds, entry) * outputCount
      for (let output = 0; output < outputCount; output++) {
        scores[at + output] = float64At(scores, at + output) + value * float64At(parameters, coefficients + output)
      }
    }
  }
}

/** Gradient of the columns of a range, by column and output, from the residuals by row and output. */
export function sparseGradient(
  { columnStarts, rowIds, values }: SparseColumns,
  { outputCount, from, to }: SparseRange,
  { residuals, gradient }: { readonly residuals: Float64Array; readonly gradient: Float64Array },
): void {
  gradient.fill(0, from * outputCount, to * outputCount)
  for (let column = from; column < to; column++) {
    const at = column * outputCount
    const end = int32At(columnStarts, column + 1)
    for (let entry = int32At(columnStarts, column); entry < end; entry++) {
      const value = float32At(values, entry)
      const source = int32At(rowIds, entry) * outputCount
      for (let output = 0; output < outputCount; output++) {
        gradient[at + output] = float64At(gradient, at + output) + value * float64At(residuals, source + output)
      }
    }
  }
}
