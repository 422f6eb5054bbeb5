import { float64At } from '../data/element.js'
import type { Pace } from '../estimators/pace.js'
import { type ColumnMatrix, columnMatrix, columnOf } from './column-matrix.js'
import { dot } from './vector.js'

const sweepsMax = 60
/** Cosine below which two columns count as orthogonal. */
const cosineMax = 1e-15

/** A = U S V' with the columns of U times their singular values side by side. */
export interface SingularValues {
  readonly scaledLeft: ColumnMatrix
  readonly right: ColumnMatrix
  readonly values: Float64Array
}

/**
 * Singular values of a matrix of at least as many rows as columns, by one-sided Jacobi rotations (Hestenes), which find small ones to
 * their last digits. Overwrites the matrix.
 * @throws MlError `training_aborted`
 */
export async function singularValues(matrix: ColumnMatrix, pace: Pace): Promise<SingularValues> {
  const { columnCount, rowCount } = matrix
  const right = columnMatrix(columnCount, columnCount)
  for (let index = 0; index < columnCount; index++) right.values[index * (columnCount + 1)] = 1
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let rotated = 0
    for (let first = 0; first < columnCount - 1; first++) {
      for (let second = first + 1; second < columnCount; second++) rotated += rotate(matrix, right, { first, second })
      await pace.spend(5 * (rowCount + columnCount) * (columnCount - first))
    }
    if (rotated === 0) break
  }
  const values = Float64Array.from({ length: columnCount }, (_, index) => {
    const column = columnOf(matrix, index)
    return Math.sqrt(dot(column, column))
  })
  return { scaledLeft: matrix, right, values }
}

/** Makes two columns orthogonal; gives 1 if they were not. */
function rotate(
  matrix: ColumnMatrix,
  right: ColumnMatrix,
  { first, second }: { readonly first: number; readonly second: number },
): number {
  const left = columnOf(matrix, first)
  const other = columnOf(matrix, second)
  const [leftSquares, otherSquares, product] = [dot(left, left), dot(other, other), dot(left, other)]
  if (Math.abs(product) <= cosineMax * Math.sqrt(leftSquares * otherSquares)) return 0
  const slant = (otherSquares - leftSquares) / (2 * product)
  const tangent = (slant < 0 ? -1 : 1) / (Math.abs(slant) + Math.hypot(1, slant))
  const cosine = 1 / Math.hypot(1, tangent)
  turn(left, other, { cosine, sine: cosine * tangent })
  turn(columnOf(right, first), columnOf(right, second), { cosine, sine: cosine * tangent })
  return 1
}

function turn(
  left: Float64Array,
  other: Float64Array,
  { cosine, sine }: { readonly cosine: number; readonly sine: number },
): void {
  for (let index = 0; index < left.length; index++) {
    const value = float64At(left, index)
    const beside = float64At(other, index)
    left[index] = cosine * value - sine * beside
    other[index] = sine * value + cosine * beside
  }
}
