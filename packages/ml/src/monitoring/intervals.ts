import { float64At } from '../data/element.js'
import { normalQuantile } from '../preprocessing/normal-quantile.js'

/** A measured value and where it lies with the given confidence; the ends are null where no interval is known. */
export interface MeasuredValue {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
}

/** How many standard errors to each side a two-sided interval reaches: 1.96 at 0.95. */
export function reachOf(level: number): number {
  return normalQuantile((1 + level) / 2)
}

/** The interval of a share by Wilson (1927), which stays within 0..1 and holds for few rows; null of no rows. */
export function shareInterval(hits: number, rows: number, level: number): MeasuredValue | null {
  if (rows === 0) return null
  const share = hits / rows
  const reach = reachOf(level)
  const squared = reach * reach
  const centre = (share + squared / (2 * rows)) / (1 + squared / rows)
  const half = (reach / (1 + squared / rows)) * Math.sqrt((share * (1 - share)) / rows + squared / (4 * rows * rows))
  return { value: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/** A value with a standard error, kept within bounds where its meaning has some. */
export function aroundValue(
  value: number,
  error: number,
  { level, min = -Infinity, max = Infinity }: { readonly level: number; readonly min?: number; readonly max?: number },
): MeasuredValue {
  if (!Number.isFinite(value) || !Number.isFinite(error)) return { value, low: null, high: null }
  const reach = reachOf(level) * error
  return { value, low: Math.max(min, value - reach), high: Math.min(max, value + reach) }
}

export interface MeanAndSpread {
  readonly mean: number
  /** Of a sample: divided by the count less 1; NaN of one value. */
  readonly std: number
}

/** Mean and standard deviation of some numbers, in two passes. */
export function meanAndSpread(values: Float64Array): MeanAndSpread {
  let total = 0
  for (let at = 0; at < values.length; at++) total += float64At(values, at)
  const mean = total / values.length
  let squares = 0
  for (let at = 0; at < values.length; at++) squares += (float64At(values, at) - mean) ** 2
  return { mean, std: Math.sqrt(squares / (values.length - 1)) }
}

/** The mean of some numbers with the interval of its standard error (normal). */
export function meanInterval(
  values: Float64Array,
  options: { readonly level: number; readonly min?: number; readonly max?: number },
): MeasuredValue {
  const { mean, std } = meanAndSpread(values)
  return aroundValue(mean, std / Math.sqrt(values.length), options)
}
