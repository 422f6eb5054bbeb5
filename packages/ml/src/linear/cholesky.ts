import { float64At } from '../data/element.js'

/** A symmetric matrix, row by row; only the lower half counts. */
export interface Symmetric {
  readonly size: number
  readonly values: Float64Array
}

/**
 * Overwrites a positive definite matrix by its lower Cholesky factor.
 * @returns whether it is positive definite; if not, the matrix is spoilt
 */
export function factorise({ size, values }: Symmetric): boolean {
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let rest = float64At(values, row * size + column)
      for (let inner = 0; inner < column; inner++) {
        rest -= float64At(values, row * size + inner) * float64At(values, column * size + inner)
      }
      if (row === column) {
        if (!(rest > 0)) return false
        values[row * size + row] = Math.sqrt(rest)
      } else values[row * size + column] = rest / float64At(values, column * size + column)
    }
  }
  return true
}

/** Solves in place with the lower factor: `vector[offset..]` becomes the inverse times itself. */
export function solveFactorised({ size, values }: Symmetric, vector: Float64Array, offset = 0): void {
  for (let row = 0; row < size; row++) {
    let rest = float64At(vector, offset + row)
    for (let inner = 0; inner < row; inner++)
      rest -= float64At(values, row * size + inner) * float64At(vector, offset + inner)
    vector[offset + row] = rest / float64At(values, row * size + row)
  }
  for (let row = size - 1; row >= 0; row--) {
    let rest = float64At(vector, offset + row)
    for (let below = row + 1; below < size; below++) {
      rest -= float64At(values, below * size + row) * float64At(vector, offset + below)
    }
    vector[offset + row] = rest / float64At(values, row * size + row)
  }
}
