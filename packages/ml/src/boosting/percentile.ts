import { float64At, int32At } from '../data/element.js'

/**
 * The value below which a share of the values lies, between two values in proportion (numpy's default).
 * @param values at least one; they are put in order
 */
export function percentile(values: Float64Array, share: number): number {
  values.sort()
  const position = share * (values.length - 1)
  const below = Math.floor(position)
  const low = float64At(values, below)
  const high = float64At(values, Math.min(below + 1, values.length - 1))
  return low + (high - low) * (position - below)
}

/** The smallest value at which the weights up to it reach a share of all weights (the inverted distribution function). */
export function weightedPercentile(values: Float64Array, weights: Float64Array, share: number): number {
  const order = ascending(values)
  const at = reached(order, weights, share)
  return float64At(values, int32At(order, at.index))
}

/** The same, but the mean with the next value of positive weight where the share is met exactly. */
export function averagedWeightedPercentile(
  values: Float64Array,
  weights: Float64Array,
  order: Int32Array,
  share: number,
): number {
  const { index, above } = reached(order, weights, share)
  const value = float64At(values, int32At(order, index))
  if (above > Number.EPSILON) return value
  let next = index + 1
  while (next < order.length && float64At(weights, int32At(order, next)) === 0) next++
  return next < order.length ? (value + float64At(values, int32At(order, next))) / 2 : value
}

/** Positions in ascending order of the values; equal ones in their own order. */
export function ascending(values: Float64Array): Int32Array {
  return Int32Array.from(values.keys()).sort((a, b) => float64At(values, a) - float64At(values, b) || a - b)
}

function reached(order: Int32Array, weights: Float64Array, share: number): { index: number; above: number } {
  let total = 0
  for (let index = 0; index < order.length; index++) total += float64At(weights, int32At(order, index))
  const due = Math.max(share * total, Number.MIN_VALUE)
  let sum = 0
  for (let index = 0; index < order.length; index++) {
    sum += float64At(weights, int32At(order, index))
    if (sum >= due) return { index, above: sum - due }
  }
  return { index: order.length - 1, above: 0 }
}
