import { float64At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { Precondition } from './lbfgs-history.js'
import { greatestMagnitude } from './vector.js'

/** What is minimised: a convex function. */
export interface Objective {
  /** Fills in the gradient and gives the value. */
  evaluate(parameters: Float64Array, gradient: Float64Array): Promise<number>
}

/** A place, with what the objective is there. */
export interface Place {
  readonly parameters: Float64Array
  readonly gradient: Float64Array
  value: number
}

export interface MinimiseOptions {
  readonly objective: Objective
  /** Where to start; left as it is. */
  readonly start: Float64Array
  /** The greatest partial derivative that may be left. */
  readonly tolerance: number
  readonly maxIterations: number
  readonly precondition?: Precondition | null
  readonly onIteration?: (state: { readonly iteration: number; readonly value: number }) => void
}

export interface Minimum {
  readonly parameters: Float64Array
  readonly value: number
  readonly iterations: number
  /** Whether the tolerance was reached, or no smaller value can be told apart, before the iterations ran out. */
  readonly hasConverged: boolean
}

export function emptyPlace(size: number): Place {
  return { parameters: new Float64Array(size), gradient: new Float64Array(size), value: 0 }
}

/**
 * Where a minimisation starts.
 * @throws MlError `not_converging` when the value or the gradient is not a number there
 */
export async function startPlace(objective: Objective, start: Float64Array): Promise<Place> {
  const place = { ...emptyPlace(start.length), parameters: start.slice() }
  place.value = await objective.evaluate(place.parameters, place.gradient)
  if (Number.isFinite(place.value) && Number.isFinite(greatestMagnitude(place.gradient))) return place
  throw new MlError(
    'not_converging',
    'The loss is too large for a number: scale the features and the target to a range near 1',
    { value: place.value },
  )
}

/** A decrease that counts as none, relative to values above 1; as scikit-learn's calls of scipy. */
const negligible = 64 * Number.EPSILON
/** So many steps in a row must gain nothing: a single one may just have gone a bad way. */
const idleStepsMax = 3

/** Says when steps gain nothing any more. */
export function createIdleWatch(): (before: number, after: number) => boolean {
  let idle = 0
  return (before, after) => {
    const isIdle = before - after <= negligible * Math.max(1, Math.abs(before), Math.abs(after))
    idle = isIdle ? idle + 1 : 0
    return idle === idleStepsMax
  }
}

export function difference(left: Float64Array, right: Float64Array): Float64Array {
  const result = new Float64Array(left.length)
  for (let index = 0; index < result.length; index++) result[index] = float64At(left, index) - float64At(right, index)
  return result
}

/** The first step of a method that knows nothing of the scale yet. */
export function cautiousStep(gradient: Float64Array): number {
  let squares = 0
  for (let index = 0; index < gradient.length; index++) squares += float64At(gradient, index) ** 2
  return Math.min(1, 1 / Math.sqrt(squares))
}
