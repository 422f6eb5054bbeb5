import { float64At, int32At } from '../data/element.js'
import type { FeatureRows } from '../data/feature-rows.js'
import type { Pace } from '../estimators/pace.js'
import type { Random } from '../random/create-random.js'
import { addRow, rowSquares, rowTimes } from './row-products.js'

/**
 * The dual of a linear support vector machine: one multiplier b per row, between `low` and `high`, that minimises half the square of
 * `sum of b x` less `b y` plus `epsilon |b|`. The sum of b x is the coefficients.
 */
export interface DualProblem {
  readonly rows: FeatureRows
  readonly targets: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
  readonly epsilon: number
  /** Value of the constant feature whose coefficient, times it, is the intercept; 0 for none. */
  readonly interceptScaling: number
  readonly random: Random
  /** Greatest violation of the conditions of a minimum that may be left, as a share of the first. */
  readonly tolerance: number
  readonly maxIterations: number
  readonly onIteration: (done: number, violation: number) => void
}

export interface DualSolution {
  readonly coefficients: Float64Array
  readonly intercept: number
  readonly iterations: number
  readonly hasConverged: boolean
}

/** Rows between two chances for other work. */
const rowsBetweenBreaths = 1024

/**
 * Dual coordinate descent (Hsieh et al. 2008; Ho and Lin 2012 for regression), rows in random order.
 * @throws MlError `training_aborted`
 */
export async function descendDual(problem: DualProblem, pace: Pace): Promise<DualSolution> {
  const { rows, random, interceptScaling, tolerance, maxIterations } = problem
  const { rowCount, columnCount } = rows
  const state: DualState = {
    multipliers: new Float64Array(rowCount),
    squares: rowSquares(rows).map((square) => square + interceptScaling * interceptScaling),
    coefficients: new Float64Array(columnCount),
    constant: Float64Array.of(0),
  }
  const order = Int32Array.from({ length: rowCount }, (_, row) => row)
  const rowWork = (4 * rows.values.length) / rowCount
  let first = 0
  let iterations = 0
  let hasConverged = false
  while (!hasConverged && iterations < maxIterations) {
    random.shuffle(order)
    let violation = 0
    for (let index = 0; index < rowCount; index++) {
      violation = Math.max(violation, adjust(problem, state, int32At(order, index)))
      if (index % rowsBetweenBreaths === 0) await pace.spend(rowsBetweenBreaths * rowWork)
    }
    if (iterations === 0) first = violation
    iterations++
    problem.onIteration(iterations, violation)
    hasConverged = violation <= tolerance * first
  }
  const intercept = interceptScaling * float64At(state.constant, 0)
  return { coefficients: state.coefficients, intercept, iterations, hasConverged }
}

interface DualState {
  readonly multipliers: Float64Array
  readonly squares: Float64Array
  readonly coefficients: Float64Array
  /** Coefficient of the constant feature. */
  readonly constant: Float64Array
}

/** Minimises over the multiplier of one row; gives how far it was off, as a slope. */
function adjust(problem: DualProblem, state: DualState, row: number): number {
  const { rows, targets, low, high, epsilon, interceptScaling } = problem
  const { multipliers, squares, coefficients, constant } = state
  const square = float64At(squares, row)
  if (square === 0) return 0
  const score = rowTimes(rows, row, coefficients) + interceptScaling * float64At(constant, 0)
  const before = float64At(multipliers, row)
  const wanted = before - (score - float64At(targets, row)) / square
  const shrunk = Math.sign(wanted) * Math.max(0, Math.abs(wanted) - epsilon / square)
  const after = Math.min(float64At(high, row), Math.max(float64At(low, row), shrunk))
  const factor = after - before
  if (factor === 0) return 0
  multipliers[row] = after
  addRow(rows, { row, factor }, coefficients)
  constant[0] = float64At(constant, 0) + factor * interceptScaling
  return Math.abs(factor) * square
}
