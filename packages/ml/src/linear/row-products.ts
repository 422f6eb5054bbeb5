import { float32At, float64At, int32At } from '../data/element.js'
import type { FeatureRows } from '../data/feature-rows.js'

/** Scalar product of a row with coefficients. */
export function rowTimes(rows: FeatureRows, row: number, coefficients: Float64Array): number {
  let sum = 0
  if (rows.kind === 'dense') {
    const { values, columnCount } = rows
    const start = row * columnCount
    for (let column = 0; column < columnCount; column++) {
      sum += float64At(values, start + column) * float64At(coefficients, column)
    }
    return sum
  }
  const { columnIds, values, rowStarts } = rows
  const end = int32At(rowStarts, row + 1)
  for (let entry = int32At(rowStarts, row); entry < end; entry++) {
    sum += float32At(values, entry) * float64At(coefficients, int32At(columnIds, entry))
  }
  return sum
}

/** `coefficients += factor * row`. */
export function addRow(
  rows: FeatureRows,
  { row, factor }: { readonly row: number; readonly factor: number },
  coefficients: Float64Array,
): void {
  if (rows.kind === 'dense') {
    const { values, columnCount } = rows
    const start = row * columnCount
    for (let column = 0; column < columnCount; column++) {
      coefficients[column] = float64At(coefficients, column) + factor * float64At(values, start + column)
    }
    return
  }
  const { columnIds, values, rowStarts } = rows
  const end = int32At(rowStarts, row + 1)
  for (let entry = int32At(rowStarts, row); entry < end; entry++) {
    const column = int32At(columnIds, entry)
    coefficients[column] = float64At(coefficients, column) + factor * float32At(values, entry)
  }
}

/** Sum of the squares of each row. */
export function rowSquares(rows: FeatureRows): Float64Array {
  const { rowCount, values } = rows
  return Float64Array.from({ length: rowCount }, (_, row) => {
    const start = rows.kind === 'dense' ? row * rows.columnCount : int32At(rows.rowStarts, row)
    const end = rows.kind === 'dense' ? start + rows.columnCount : int32At(rows.rowStarts, row + 1)
    let sum = 0
    for (let index = start; index < end; index++) sum += (values[index] ?? 0) ** 2
    return sum
  })
}
