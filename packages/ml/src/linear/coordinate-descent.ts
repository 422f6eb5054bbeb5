import { float64At } from '../data/element.js'
import type { Pace } from '../estimators/pace.js'
import type { Random } from '../random/create-random.js'
import type { ColumnMatrix } from './column-matrix.js'
import { type CoordinateState, createCoordinateState } from './coordinate-state.js'
import { dot } from './vector.js'

/** Half the squared error, plus `l1` times absolute values, plus half of `l2` times squares of the coefficients. */
export interface CoordinateDescent {
  /** Centred, times the roots of the weights. */
  readonly features: ColumnMatrix
  readonly target: Float64Array
  readonly l1: number
  readonly l2: number
  /** Whether coefficients must not be negative. */
  readonly isPositive: boolean
  /** Picks features at random; null goes through them in order. */
  readonly random: Random | null
  /** Share of the squares of the target that the duality gap may be. */
  readonly tolerance: number
  readonly maxIterations: number
  readonly onIteration: (done: number, dualityGap: number | null) => void
}

export interface Descended {
  readonly coefficients: Float64Array
  readonly iterations: number
  readonly hasConverged: boolean
}

/**
 * Lasso and elastic net by coordinate descent (Friedman, Hastie and Tibshirani 2010), until the duality gap is small; it bounds how far
 * the objective is from its minimum.
 * @throws MlError `training_aborted`
 */
export async function descendCoordinates(problem: CoordinateDescent, pace: Pace): Promise<Descended> {
  const { features, target, tolerance, maxIterations } = problem
  const state = await createCoordinateState(problem, pace)
  const { coefficients } = state
  const gapMax = tolerance * dot(target, target)
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const { greatest, greatestChange } = sweep(problem, state)
    await pace.spend(features.columnCount * state.work)
    const isSettled = greatest === 0 || greatestChange <= tolerance * greatest || iteration === maxIterations
    const gap = isSettled ? dualityGap(problem, state) : null
    problem.onIteration(iteration, gap)
    if (gap !== null && gap <= gapMax) return { coefficients, iterations: iteration, hasConverged: true }
  }
  return { coefficients, iterations: maxIterations, hasConverged: false }
}

/** Goes once over as many coefficients as there are. */
function sweep(
  { random, ...problem }: CoordinateDescent,
  state: CoordinateState,
): { readonly greatest: number; readonly greatestChange: number } {
  const { coefficients } = state
  let greatest = 0
  let greatestChange = 0
  for (let step = 0; step < coefficients.length; step++) {
    const column = random === null ? step : random.intBelow(coefficients.length)
    const change = changeOf(problem, state, column)
    if (change !== 0) state.move(column, change)
    greatestChange = Math.max(greatestChange, Math.abs(change))
    greatest = Math.max(greatest, Math.abs(float64At(coefficients, column)))
  }
  return { greatest, greatestChange }
}

type Penalties = Pick<CoordinateDescent, 'l1' | 'l2' | 'isPositive'>

/** What one coefficient has to change by to be at its best. */
function changeOf({ l1, l2, isPositive }: Penalties, state: CoordinateState, column: number): number {
  const square = float64At(state.squares, column)
  if (square === 0) return 0
  const before = float64At(state.coefficients, column)
  const pull = state.slope(column) + before * square
  const shrunk = isPositive && pull < 0 ? 0 : Math.sign(pull) * Math.max(0, Math.abs(pull) - l1)
  return shrunk / (square + l2) - before
}

/** The objective less that of a dual point made from the residuals by scaling (Kim et al. 2007). */
function dualityGap({ l1, l2, isPositive }: Penalties, state: CoordinateState): number {
  const { coefficients } = state
  let greatest = isPositive ? -Infinity : 0
  let absolutes = 0
  for (let column = 0; column < coefficients.length; column++) {
    const coefficient = float64At(coefficients, column)
    const slope = state.slope(column) - l2 * coefficient
    greatest = Math.max(greatest, isPositive ? slope : Math.abs(slope))
    absolutes += Math.abs(coefficient)
  }
  const rest = state.rest()
  const share = greatest > l1 ? l1 / greatest : 1
  return (
    0.5 * rest.squares * (1 + share * share) +
    l1 * absolutes -
    share * rest.timesTarget +
    0.5 * l2 * (1 + share * share) * dot(coefficients, coefficients)
  )
}
