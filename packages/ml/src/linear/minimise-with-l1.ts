import { float64At } from '../data/element.js'
import { createHistory, type LbfgsHistory } from './lbfgs-history.js'
import {
  cautiousStep,
  createIdleWatch,
  difference,
  emptyPlace,
  type MinimiseOptions,
  type Minimum,
  type Objective,
  type Place,
  startPlace,
} from './minimum.js'
import { greatestMagnitude } from './vector.js'

const decrease = 1e-4
const halvingsMax = 40

/**
 * Minimises a smooth convex function plus weighted absolute values of the parameters by limited-memory BFGS within
 * orthants (Andrew and Gao 2007): a step stays where no parameter changes its sign, so parameters become exactly 0. Preconditioning
 * must be diagonal.
 * @param l1 weight of the absolute value of each parameter
 * @throws MlError `not_converging` when the value is not a number, and what the objective throws
 */
export async function minimiseWithL1(options: MinimiseOptions, l1: Float64Array): Promise<Minimum> {
  const { objective, start, tolerance, maxIterations, precondition = null } = options
  const history = createHistory(precondition)
  let here = await startPlace(objective, start)
  here.value += absolutePart(here.parameters, l1)
  let there = emptyPlace(start.length)
  const slope = new Float64Array(start.length)
  const isIdle = createIdleWatch()
  let iterations = 0
  let hasConverged = true
  for (;;) {
    leastSubgradient(here, l1, slope)
    if (!(greatestMagnitude(slope) > tolerance)) break
    hasConverged = iterations < maxIterations
    if (!hasConverged) break
    const firstStep = history.isEmpty && precondition === null ? cautiousStep(slope) : 1
    const way = { slope, direction: descent(here, slope, history), firstStep }
    const found = await searchInOrthant({ objective, l1, from: here, to: there }, way)
    if (!found && history.isEmpty) break
    if (!found) {
      history.clear()
      continue
    }
    iterations++
    options.onIteration?.({ iteration: iterations, value: there.value })
    history.remember(difference(there.parameters, here.parameters), difference(there.gradient, here.gradient))
    const isDone = isIdle(here.value, there.value)
    ;[here, there] = [there, here]
    if (isDone) break
  }
  return { parameters: here.parameters, value: here.value, iterations, hasConverged }
}

function absolutePart(parameters: Float64Array, l1: Float64Array): number {
  let sum = 0
  for (let index = 0; index < l1.length; index++) sum += float64At(l1, index) * Math.abs(float64At(parameters, index))
  return sum
}

/** Of all slopes at a kink the one nearest to 0; 0 where the parameter had better stay at 0. */
function leastSubgradient({ parameters, gradient }: Place, l1: Float64Array, slope: Float64Array): void {
  for (let index = 0; index < slope.length; index++) {
    const value = float64At(parameters, index)
    const smooth = float64At(gradient, index)
    const weight = float64At(l1, index)
    if (value !== 0) slope[index] = smooth + Math.sign(value) * weight
    else slope[index] = Math.sign(smooth) * Math.max(0, Math.abs(smooth) - weight)
  }
}

/**
 * A direction for the parameters that are not 0 or had better leave it; the others count as constants (Schmidt 2010). A parameter at 0
 * only goes where the slope points. Gives the way down by the slope alone should the history not go down.
 */
function descent(place: Place, slope: Float64Array, history: LbfgsHistory): Float64Array {
  const free = slope.map((one, index) => (one !== 0 || float64At(place.parameters, index) !== 0 ? 1 : 0))
  const direction = slope.slice()
  history.apply(direction, free)
  let goes = 0
  for (let index = 0; index < direction.length; index++) {
    const component = -float64At(direction, index)
    const isStuck = float64At(place.parameters, index) === 0 && component * float64At(slope, index) >= 0
    direction[index] = isStuck ? 0 : component
    goes += float64At(direction, index) * float64At(slope, index)
  }
  return goes < 0 ? direction : slope.map((one) => -one)
}

/** Halves the step until the value has decreased enough; `to` receives the place. Gives whether there is one. */
async function searchInOrthant(
  ends: { readonly objective: Objective; readonly l1: Float64Array; readonly from: Place; readonly to: Place },
  way: { readonly slope: Float64Array; readonly direction: Float64Array; readonly firstStep: number },
): Promise<boolean> {
  const { objective, l1, from, to } = ends
  const slack = 4 * Number.EPSILON * Math.abs(from.value)
  let step = way.firstStep
  for (let halving = 0; halving < halvingsMax; halving++) {
    const promised = moveInOrthant(ends, way, step)
    to.value = (await objective.evaluate(to.parameters, to.gradient)) + absolutePart(to.parameters, l1)
    if (to.value <= from.value + decrease * promised + slack) return promised < 0
    step /= 2
  }
  return false
}

/** Moves, and stops each parameter that is weighed where it would change its sign. Gives what the slope promises. */
function moveInOrthant(
  { l1, from, to }: { readonly l1: Float64Array; readonly from: Place; readonly to: Place },
  { slope, direction }: { readonly slope: Float64Array; readonly direction: Float64Array },
  step: number,
): number {
  let promised = 0
  for (let index = 0; index < direction.length; index++) {
    const before = float64At(from.parameters, index)
    const sign = before === 0 ? -Math.sign(float64At(slope, index)) : Math.sign(before)
    const wanted = before + step * float64At(direction, index)
    const after = float64At(l1, index) > 0 && wanted * sign < 0 ? 0 : wanted
    to.parameters[index] = after
    promised += float64At(slope, index) * (after - before)
  }
  return promised
}
