import { float64At } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import type { Pace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import { type ColumnMatrix, columnMatrix, columnOf, type Means, transposed } from './column-matrix.js'
import { factoriseOrthogonally, multiplyByQ, multiplyByQTransposed, solveTriangle } from './householder.js'
import { singularValues } from './singular-values.js'
import { addScaled, dot } from './vector.js'

/** Coefficients are wanted that bring `rows` close to `target`, both less their means. */
export interface LeastSquares {
  readonly rows: DenseRows
  readonly target: Float64Array
  readonly weights: Float64Array
  readonly means: Means
  /** Weight of the squares of the coefficients. */
  readonly alpha: number
  /** Without alpha: directions whose singular value is less than this share of the greatest count as none. */
  readonly tolerance: number
}

/** Rows that are factorised together, at the least. */
const blockRowsMin = 512

/**
 * Exact coefficients by orthogonal factorisation, which keeps twice the digits that normal equations do; of least norm where the
 * features depend on each other.
 * @throws MlError `training_aborted`
 */
export async function solveLeastSquares(problem: LeastSquares, pace: Pace): Promise<Float64Array> {
  const { rowCount, columnCount } = problem.rows
  if (rowCount >= columnCount) {
    const { matrix, right } = await reduceTall(problem, pace)
    return solveReduced(matrix, right, { ...problem, pace })
  }
  const wide = columnMatrix(rowCount, columnCount + 1)
  fillRows(problem, { matrix: wide, at: 0, from: 0, to: rowCount })
  const right = columnOf(wide, columnCount)
  const matrix = { rowCount, columnCount, values: wide.values.subarray(0, rowCount * columnCount) }
  // The coefficients are combinations of the rows: A' = Q R and w = Q v leave a square problem in v.
  const factor = await factoriseOrthogonally(transposed(matrix), pace)
  const reduced = await solveReduced(transposed(upperSquare(factor.matrix)), right, { ...problem, pace })
  const coefficients = new Float64Array(columnCount)
  coefficients.set(reduced)
  multiplyByQ(factor, coefficients)
  return coefficients
}

interface Reduced {
  readonly matrix: ColumnMatrix
  readonly right: Float64Array
}

/** An equal problem with as many rows as columns: blocks of rows are factorised one after another, below the triangle so far. */
async function reduceTall(problem: LeastSquares, pace: Pace): Promise<Reduced> {
  const { rowCount, columnCount } = problem.rows
  const width = columnCount + 1
  const height = Math.min(rowCount, width + Math.max(blockRowsMin, 2 * width))
  const matrix = columnMatrix(height, width)
  let filled = 0
  for (let row = 0; row < rowCount; ) {
    const to = Math.min(rowCount, row + height - filled)
    fillRows(problem, { matrix, at: filled, from: row, to })
    if (to - row < height - filled) clearRows(matrix, filled + to - row)
    await factoriseOrthogonally(matrix, pace)
    filled = Math.min(width, height)
    row = to
  }
  const square = columnMatrix(columnCount, columnCount)
  for (let column = 0; column < columnCount; column++) {
    columnOf(square, column).set(columnOf(matrix, column).subarray(0, columnCount))
  }
  return { matrix: square, right: columnOf(matrix, columnCount).slice(0, columnCount) }
}

function clearRows(matrix: ColumnMatrix, from: number): void {
  for (let column = 0; column < matrix.columnCount; column++) columnOf(matrix, column).fill(0, from)
}

/** Puts rows in, less the means, times the roots of their weights; the target is the last column. */
function fillRows(
  { rows, target, weights, means }: LeastSquares,
  place: { readonly matrix: ColumnMatrix; readonly at: number; readonly from: number; readonly to: number },
): void {
  const { columnCount, values } = rows
  const { matrix, at, from, to } = place
  for (let row = from; row < to; row++) {
    const root = Math.sqrt(float64At(weights, row))
    const index = at + row - from
    for (let column = 0; column < columnCount; column++) {
      const centred = float64At(values, row * columnCount + column) - float64At(means.features, column)
      matrix.values[column * matrix.rowCount + index] = root * centred
    }
    matrix.values[columnCount * matrix.rowCount + index] = root * (float64At(target, row) - means.target)
  }
}

function upperSquare({ rowCount, columnCount, values }: ColumnMatrix): ColumnMatrix {
  const square = columnMatrix(columnCount, columnCount)
  for (let column = 0; column < columnCount; column++) {
    columnOf(square, column).set(values.subarray(column * rowCount, column * rowCount + columnCount))
  }
  return square
}

interface SolveSettings {
  readonly alpha: number
  readonly tolerance: number
  readonly pace: Pace
}

/** Solves a square problem. */
async function solveReduced(matrix: ColumnMatrix, right: Float64Array, settings: SolveSettings): Promise<Float64Array> {
  assertFinite(matrix.values)
  assertFinite(right)
  if (settings.alpha > 0) return solvePenalised(matrix, right, settings)
  const { tolerance, pace } = settings
  const factor = await factoriseOrthogonally(matrix, pace)
  const turned = right.slice()
  multiplyByQTransposed(factor, turned)
  if (await isWellConditioned(factor.matrix, settings)) return solveTriangle(factor.matrix, turned)
  const { scaledLeft, right: axes, values } = await singularValues(factor.matrix, pace)
  const least = tolerance * values.reduce((left, value) => Math.max(left, value), 0)
  const solution = new Float64Array(matrix.columnCount)
  for (const [index, value] of values.entries()) {
    if (value <= least) continue
    addScaled(solution, dot(columnOf(scaledLeft, index), turned) / (value * value), columnOf(axes, index))
  }
  return solution
}

function assertFinite(values: Float64Array): void {
  const value = values.find((one) => !Number.isFinite(one))
  if (value === undefined) return
  throw new MlError(
    'not_converging',
    'Squares of the features or of the target are too large for numbers: scale them to a range near 1',
    { value },
  )
}

/** Whether every singular value of a triangle is surely above the tolerance: bounds by the norms of it and of its inverse. */
async function isWellConditioned(triangle: ColumnMatrix, { tolerance, pace }: SolveSettings): Promise<boolean> {
  const size = triangle.columnCount
  let inverseSquares = 0
  for (let column = 0; column < size; column++) {
    if (float64At(triangle.values, column * (size + 1)) === 0) return false
    const unit = new Float64Array(size)
    unit[column] = 1
    const inverse = solveTriangle(triangle, unit)
    inverseSquares += dot(inverse, inverse)
    await pace.spend((size * size) / 2)
  }
  return 1 / Math.sqrt(inverseSquares) > tolerance * Math.sqrt(dot(triangle.values, triangle.values))
}

/** The penalty is that of further rows, the root of alpha in one column each, whose target is 0. */
async function solvePenalised(
  matrix: ColumnMatrix,
  right: Float64Array,
  { alpha, pace }: SolveSettings,
): Promise<Float64Array> {
  const { columnCount, rowCount } = matrix
  const taller = columnMatrix(rowCount + columnCount, columnCount)
  for (let column = 0; column < columnCount; column++) {
    columnOf(taller, column).set(columnOf(matrix, column))
    taller.values[column * taller.rowCount + rowCount + column] = Math.sqrt(alpha)
  }
  const factor = await factoriseOrthogonally(taller, pace)
  const turned = new Float64Array(taller.rowCount)
  turned.set(right)
  multiplyByQTransposed(factor, turned)
  return solveTriangle(factor.matrix, turned)
}
