import { float64At } from '../data/element.js'
import { type FeatureRows, floats } from '../data/feature-rows.js'
import { total } from '../estimators/row-weights.js'

/** A dense matrix, column by column: entry `column * rowCount + row`. */
export interface ColumnMatrix {
  readonly rowCount: number
  readonly columnCount: number
  readonly values: Float64Array
}

/** Zeros. Throws MlError `memory_limit`. */
export function columnMatrix(rowCount: number, columnCount: number): ColumnMatrix {
  return { rowCount, columnCount, values: floats(rowCount * columnCount) }
}

/** One column, as a view. */
export function columnOf({ rowCount, values }: ColumnMatrix, column: number): Float64Array {
  return values.subarray(column * rowCount, (column + 1) * rowCount)
}

export function transposed({ rowCount, columnCount, values }: ColumnMatrix): ColumnMatrix {
  const result = columnMatrix(columnCount, rowCount)
  for (let column = 0; column < columnCount; column++) {
    for (let row = 0; row < rowCount; row++) {
      result.values[row * columnCount + column] = float64At(values, column * rowCount + row)
    }
  }
  return result
}

/** Weighted mean of every feature and of the target. */
export interface Means {
  readonly features: Float64Array
  readonly target: number
}

export function weightedMeans(rows: FeatureRows, target: Float64Array, weights: Float64Array): Means {
  const weightSum = total(weights)
  const features = new Float64Array(rows.columnCount)
  let targetSum = 0
  for (let row = 0; row < rows.rowCount; row++) {
    const weight = float64At(weights, row)
    targetSum += weight * float64At(target, row)
    if (rows.kind === 'dense') {
      for (let column = 0, at = row * rows.columnCount; column < rows.columnCount; column++, at++) {
        features[column] = float64At(features, column) + weight * float64At(rows.values, at)
      }
    } else {
      for (let entry = rows.rowStarts[row] ?? 0; entry < (rows.rowStarts[row + 1] ?? 0); entry++) {
        const column = rows.columnIds[entry] ?? 0
        features[column] = float64At(features, column) + weight * (rows.values[entry] ?? 0)
      }
    }
  }
  return { features: features.map((sum) => sum / weightSum), target: targetSum / weightSum }
}

/** Means of 0, for a model without intercept. */
export function noMeans(columnCount: number): Means {
  return { features: new Float64Array(columnCount), target: 0 }
}
