import { float32At, float64At } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** The values that are there, ascending. */
export function sortedPresent(values: Float32Array): Float32Array {
  return presentOf(values).sort()
}

/** The values that are not NaN. */
export function presentOf(values: Float32Array): Float32Array {
  return values.some(Number.isNaN) ? values.filter((value) => !Number.isNaN(value)) : values.slice()
}

export interface Moments {
  readonly count: number
  readonly mean: number
  /** Of the whole population: divided by the count. */
  readonly variance: number
}

/** Mean and variance of the values that are not NaN, in two passes of doubles. */
export function momentsOf(values: Float32Array | Float64Array): Moments {
  let count = 0
  let total = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number
    if (Number.isNaN(value)) continue
    count++
    total += value
  }
  const mean = total / count
  let squares = 0
  let rest = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number
    if (Number.isNaN(value)) continue
    squares += (value - mean) ** 2
    rest += value - mean
  }
  // The second term takes off what rounding left of the mean.
  return { count, mean, variance: (squares - (rest * rest) / count) / count }
}

/**
 * A quantile of ascending values, between two of them in proportion (numpy's `linear`).
 * @param share 0..1
 */
export function quantileOf(sorted: Float32Array | Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  const part = position - below
  // The form that numpy computes, which is exact at both ends.
  return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part
}

/** A quantile of ascending values by the averaged inverse of their distribution (numpy's `averaged_inverted_cdf`). */
export function averagedQuantileOf(sorted: Float32Array, share: number): number {
  const position = share * sorted.length
  const whole = Math.floor(position)
  const at = (index: number) => float32At(sorted, Math.min(Math.max(index, 0), sorted.length - 1))
  return position === whole ? (at(whole - 1) + at(whole)) / 2 : at(whole)
}

/** A spread that can be divided by: one that is (nearly) zero counts as 1, as in scikit-learn. */
export function usableScale(scale: number): number {
  return Math.abs(scale) < 10 * Number.EPSILON ? 1 : scale
}

/** Refuses a column without a value. Throws MlError `all_missing`. */
export function assertPresent(name: string, count: number): void {
  if (count > 0) return
  throw new MlError('all_missing', `Every value of ${JSON.stringify(name)} is missing: leave the column out`, {
    value: name,
  })
}

/** Sum of doubles. */
export function sumOf(values: Float64Array): number {
  let total = 0
  for (let index = 0; index < values.length; index++) total += float64At(values, index)
  return total
}
