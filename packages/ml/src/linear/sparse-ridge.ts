import { float64At } from '../data/element.js'
import { type SparseColumns, sparseColumns } from '../data/feature-rows.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { Pace } from '../estimators/pace.js'
import type { Means } from './column-matrix.js'
import { sparseGradient, sparseScores } from './sparse-kernels.js'
import { addScaled, dot } from './vector.js'

export interface SparseRidge {
  readonly rows: SparseMatrix
  readonly target: Float64Array
  readonly weights: Float64Array
  readonly means: Means
  readonly alpha: number
  readonly maxIterations: number
  readonly onIteration: (done: number) => void
}

/** Norm of what is left of the gradient, as a share of the first, at which no digit is gained any more. */
const tolerance = 1e-13

/**
 * Coefficients by conjugate gradients on the normal equations, scaled by their diagonal. The means are taken off in the products, so
 * that the features stay sparse.
 * @throws MlError `training_aborted`
 */
export async function solveSparseRidge(
  problem: SparseRidge,
  pace: Pace,
): Promise<{ readonly coefficients: Float64Array; readonly iterations: number; readonly hasConverged: boolean }> {
  const { rows, target, means, maxIterations, onIteration } = problem
  const columns = sparseColumns(rows)
  const inverse = inverseDiagonal(problem, columns)
  const coefficients = new Float64Array(rows.columnCount)
  const rest = backward(
    problem,
    columns,
    target.map((value) => value - means.target),
  )
  const conditioned = multiply(inverse, rest)
  const direction = conditioned.slice()
  let size = dot(rest, conditioned)
  const enough = tolerance * tolerance * size
  let iterations = 0
  while (size > enough && iterations < maxIterations) {
    const product = normalProduct(problem, columns, direction)
    const step = size / dot(direction, product)
    addScaled(coefficients, step, direction)
    addScaled(rest, -step, product)
    const next = multiply(inverse, rest)
    const nextSize = dot(rest, next)
    for (let index = 0; index < direction.length; index++) {
      direction[index] = float64At(next, index) + (nextSize / size) * float64At(direction, index)
    }
    size = nextSize
    iterations++
    onIteration(iterations)
    await pace.spend(2 * rows.values.length + 6 * direction.length)
  }
  return { coefficients, iterations, hasConverged: size <= enough }
}

function multiply(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, index) => value * float64At(right, index))
}

/** (X' W X + alpha) times a vector, of centred X. */
function normalProduct(problem: SparseRidge, columns: SparseColumns, vector: Float64Array): Float64Array {
  const { rows, means, alpha } = problem
  const parameters = new Float64Array(vector.length + 1)
  parameters.set(vector)
  parameters[vector.length] = -dot(means.features, vector)
  const scores = new Float64Array(rows.rowCount)
  sparseScores(rows, { outputCount: 1, from: 0, to: rows.rowCount }, { parameters, scores })
  const product = backward(problem, columns, scores)
  addScaled(product, alpha, vector)
  return product
}

/** X' W times a vector, of centred X. */
function backward({ rows, weights, means }: SparseRidge, columns: SparseColumns, vector: Float64Array): Float64Array {
  const weighted = multiply(weights, vector)
  const gradient = new Float64Array(rows.columnCount)
  const range = { outputCount: 1, from: 0, to: rows.columnCount }
  sparseGradient(columns, range, { residuals: weighted, gradient })
  let sum = 0
  for (let row = 0; row < weighted.length; row++) sum += float64At(weighted, row)
  addScaled(gradient, -sum, means.features)
  return gradient
}

/** Reciprocals of the diagonal of X' W X + alpha, of centred X; 1 for a feature that is constant. */
function inverseDiagonal({ rows, weights, means, alpha }: SparseRidge, columns: SparseColumns): Float64Array {
  let weightSum = 0
  for (let row = 0; row < weights.length; row++) weightSum += float64At(weights, row)
  return means.features.map((mean, column) => {
    let squares = 0
    for (let entry = columns.columnStarts[column] ?? 0; entry < (columns.columnStarts[column + 1] ?? 0); entry++) {
      squares += (weights[columns.rowIds[entry] ?? 0] ?? 0) * (columns.values[entry] ?? 0) ** 2
    }
    const diagonal = squares - weightSum * mean * mean + alpha
    return rows.rowCount > 0 && diagonal > 1e-12 * squares ? 1 / diagonal : 1
  })
}
