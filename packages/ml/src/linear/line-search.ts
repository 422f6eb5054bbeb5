import { float64At } from '../data/element.js'
import type { Objective, Place } from './minimum.js'
import { dot } from './vector.js'

/** Accepted decrease, as a share of what the slope promises, and slope that may be left. */
const decrease = 1e-4
const slopeLeft = 0.9
const evaluationsMax = 40
/** Values closer than this cannot be told apart. */
const rounding = 4 * Number.EPSILON

/**
 * Looks along a direction for a place that decreases the value enough and where the slope has flattened (the conditions of Wolfe), by
 * bisection with interpolation.
 * @param to receives the place
 * @returns whether there is one
 */
export async function searchLine(
  objective: Objective,
  ends: { readonly from: Place; readonly to: Place },
  way: { readonly direction: Float64Array; readonly firstStep: number },
): Promise<boolean> {
  const { from, to } = ends
  const { direction } = way
  const slope = dot(from.gradient, direction)
  const slack = rounding * Math.abs(from.value)
  let low = { step: 0, value: from.value, slope }
  let high = Infinity
  let step = way.firstStep
  for (let evaluation = 0; evaluation < evaluationsMax; evaluation++) {
    moveAlong(ends, direction, step)
    to.value = await objective.evaluate(to.parameters, to.gradient)
    const slopeHere = dot(to.gradient, direction)
    if (!(to.value <= from.value + decrease * step * slope + slack)) {
      high = step
      step = between(low, { step, value: to.value })
    } else if (slopeHere < slopeLeft * slope) {
      low = { step, value: to.value, slope: slopeHere }
      step = high === Infinity ? 2 * step : (step + high) / 2
    } else return true
    if (high !== Infinity && high - low.step <= Number.EPSILON * high) return false
  }
  return false
}

function moveAlong({ from, to }: { readonly from: Place; readonly to: Place }, way: Float64Array, step: number): void {
  const { parameters } = from
  for (let index = 0; index < parameters.length; index++) {
    to.parameters[index] = float64At(parameters, index) + step * float64At(way, index)
  }
}

/** Lowest point of the parabola through a value with its slope and another value, kept off both ends. */
function between(
  low: { readonly step: number; readonly value: number; readonly slope: number },
  high: { readonly step: number; readonly value: number },
): number {
  const width = high.step - low.step
  const bend = high.value - low.value - low.slope * width
  const share = Number.isFinite(bend) && bend > 0 ? (-low.slope * width) / (2 * bend) : 0.1
  return low.step + width * Math.min(0.8, Math.max(0.1, share))
}
