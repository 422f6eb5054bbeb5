import { float32At, float64At, int32At } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { factorise, type Symmetric, solveFactorised } from './cholesky.js'
import type { Precondition } from './lbfgs-history.js'
import type { Penalised } from './loss-objective.js'

/** With more features than this, only the diagonal is worth its time. */
const fullColumnsMax = 256
/** Multiplications that the estimate may cost; it needs no more rows than a sample. */
const operationsMax = 20_000_000

/**
 * Multiplies by the inverse of an estimate of the second derivative at 0: `bend` times the Gram matrix of features and intercept, plus
 * the penalty, the same for each output. Features of unlike scale or close to each other then cost no more iterations than others.
 * @param bend second derivative of the loss of one row at score 0
 */
export function curvaturePrecondition(penalised: Penalised, bend: number): Precondition {
  const { scale, l2, interceptL2 } = penalised
  const { rows, weights, outputCount } = penalised.task
  if (rows.kind === 'dense' && rows.columnCount <= fullColumnsMax) {
    const factor = gramFactor({ rows, weights, bend: scale * bend, l2, interceptL2 })
    if (factor !== null) return wholePrecondition(factor, outputCount)
  }
  return diagonalPrecondition(penalised, bend)
}

/** What the second derivative of a linear model with one intercept is estimated from. */
export interface Curvature {
  readonly rows: DenseRows
  readonly weights: Float64Array
  /** Factor of the sum of weighted squares. */
  readonly bend: number
  readonly l2: number
  /** Null where there is no intercept: it then stays where it is. */
  readonly interceptL2: number | null
}

/** Cholesky factor of `bend` times the Gram matrix of features and intercept, from a sample of rows, plus penalties; null if singular. */
export function gramFactor({ rows, weights, bend, l2, interceptL2 }: Curvature): Symmetric | null {
  const { columnCount, rowCount } = rows
  const size = columnCount + 1
  const sampled = Math.min(rowCount, Math.max(8 * size, Math.floor(operationsMax / (size * size))))
  const values = new Float64Array(size * size)
  for (let index = 0; index < sampled; index++) {
    const row = Math.floor((index * rowCount) / sampled)
    addSquare(values, rows, { row, weight: float64At(weights, row) })
  }
  const factor = (bend * rowCount) / sampled
  for (let index = 0; index < values.length; index++) values[index] = factor * float64At(values, index)
  if (interceptL2 === null) values.fill(0, size * columnCount)
  for (let index = 0; index < size; index++) {
    const penalty = index === columnCount ? (interceptL2 ?? 1) : l2
    // A share of itself keeps features that depend on each other apart, whatever their scale.
    const diagonal = float64At(values, index * (size + 1)) * (1 + 1e-9) + penalty
    values[index * (size + 1)] = diagonal === 0 ? 1 : diagonal
  }
  return factorise({ size, values }) ? { size, values } : null
}

/** Adds the lower half of the products of a row, with 1 as its last feature. */
function addSquare(
  sums: Float64Array,
  { values, columnCount }: DenseRows,
  { row, weight }: { readonly row: number; readonly weight: number },
): void {
  const start = row * columnCount
  for (let left = 0; left < columnCount; left++) {
    const factor = weight * float64At(values, start + left)
    const at = left * (columnCount + 1)
    for (let right = 0; right <= left; right++) {
      sums[at + right] = float64At(sums, at + right) + factor * float64At(values, start + right)
    }
  }
  const last = columnCount * (columnCount + 1)
  for (let right = 0; right < columnCount; right++) {
    sums[last + right] = float64At(sums, last + right) + weight * float64At(values, start + right)
  }
  sums[last + columnCount] = float64At(sums, last + columnCount) + weight
}

/** Parameters of dense rows: coefficients output by output, then the intercepts, then what it leaves alone. */
export function wholePrecondition(factor: Symmetric, outputCount: number): Precondition {
  const columnCount = factor.size - 1
  const one = new Float64Array(factor.size)
  return (vector) => {
    for (let output = 0; output < outputCount; output++) {
      const intercept = outputCount * columnCount + output
      one.set(vector.subarray(output * columnCount, (output + 1) * columnCount))
      one[columnCount] = float64At(vector, intercept)
      solveFactorised(factor, one)
      vector.set(one.subarray(0, columnCount), output * columnCount)
      vector[intercept] = float64At(one, columnCount)
    }
  }
}

/** Its diagonal alone. */
export function diagonalPrecondition({ task, scale, l2, interceptL2 }: Penalised, bend: number): Precondition {
  const { rows, outputCount, weights } = task
  const squares = rows.kind === 'dense' ? denseSquares(rows, weights) : sparseSquares(rows, weights)
  const { columnCount } = rows
  let weightSum = 0
  for (let row = 0; row < weights.length; row++) weightSum += float64At(weights, row)
  const inverse = squares.map((square) => 1 / (scale * bend * square + l2 || 1))
  const interceptInverse = 1 / (scale * bend * weightSum + (interceptL2 ?? 0))
  const isByColumn = rows.kind === 'sparse'
  return (vector) => {
    for (let column = 0; column < columnCount; column++) {
      const factor = float64At(inverse, column)
      for (let output = 0; output < outputCount; output++) {
        const index = isByColumn ? column * outputCount + output : output * columnCount + column
        vector[index] = factor * float64At(vector, index)
      }
    }
    for (let index = columnCount * outputCount; index < vector.length; index++) {
      vector[index] = interceptInverse * float64At(vector, index)
    }
  }
}

function denseSquares({ values, rowCount, columnCount }: DenseRows, weights: Float64Array): Float64Array {
  const squares = new Float64Array(columnCount)
  for (let row = 0; row < rowCount; row++) {
    const weight = float64At(weights, row)
    for (let column = 0; column < columnCount; column++) {
      const value = float64At(values, row * columnCount + column)
      squares[column] = float64At(squares, column) + weight * value * value
    }
  }
  return squares
}

function sparseSquares({ rowStarts, columnIds, values, rowCount, columnCount }: SparseMatrix, weights: Float64Array) {
  const squares = new Float64Array(columnCount)
  for (let row = 0; row < rowCount; row++) {
    const weight = float64At(weights, row)
    for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
      const column = int32At(columnIds, entry)
      squares[column] = float64At(squares, column) + weight * float32At(values, entry) ** 2
    }
  }
  return squares
}
