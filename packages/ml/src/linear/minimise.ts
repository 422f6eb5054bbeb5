import { createHistory, type LbfgsHistory } from './lbfgs-history.js'
import { searchLine } from './line-search.js'
import {
  cautiousStep,
  createIdleWatch,
  difference,
  emptyPlace,
  type MinimiseOptions,
  type Minimum,
  type Place,
  startPlace,
} from './minimum.js'
import { greatestMagnitude } from './vector.js'

/**
 * Minimises a smooth convex function by limited-memory BFGS (Liu and Nocedal 1989).
 * @throws MlError `not_converging` when the value is not a number, and what the objective throws
 */
export async function minimise(options: MinimiseOptions): Promise<Minimum> {
  const { objective, start, tolerance, maxIterations, precondition = null } = options
  const history = createHistory(precondition)
  let here = await startPlace(objective, start)
  let there = emptyPlace(start.length)
  const isIdle = createIdleWatch()
  let iterations = 0
  let hasConverged = true
  while (greatestMagnitude(here.gradient) > tolerance) {
    hasConverged = iterations < maxIterations
    if (!hasConverged) break
    const direction = descent(here, history)
    const firstStep = history.isEmpty && precondition === null ? cautiousStep(here.gradient) : 1
    const found = await searchLine(objective, { from: here, to: there }, { direction, firstStep })
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

function descent({ gradient }: Place, history: LbfgsHistory): Float64Array {
  const direction = gradient.slice()
  history.apply(direction)
  for (let index = 0; index < direction.length; index++) direction[index] = -(direction[index] ?? 0)
  return direction
}
