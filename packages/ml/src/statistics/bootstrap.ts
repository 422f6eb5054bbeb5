import { float64At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'

export interface BootstrapOptions {
  readonly seed: number
  /** Samples drawn; 1000 by default. */
  readonly resamples?: number
  /** Share of the samples within the interval; 0.95 by default. */
  readonly level?: number
}

/** Where a value lies with the given confidence, by the percentiles of its values over samples (Efron 1979). */
export interface ConfidenceInterval {
  readonly low: number
  readonly high: number
  readonly level: number
  /** Samples in which the value could be computed. */
  readonly resamples: number
}

/**
 * Draws the rows anew with replacement many times and computes a value of each sample. Samples in which it is NaN (as the ROC area of
 * one class) do not count.
 * @throws MlError `empty_set` or `invalid_share`
 */
export function bootstrapInterval(
  rowCount: number,
  measure: (rows: Int32Array) => number,
  options: BootstrapOptions,
): ConfidenceInterval {
  const { seed, resamples = 1000, level = 0.95 } = options
  if (rowCount === 0) throw new MlError('empty_set', 'There are no rows to draw from: give at least one', { value: 0 })
  if (!(level > 0 && level < 1)) {
    throw new MlError('invalid_share', `The level is ${level}: give a number between 0 and 1, such as 0.95`, {
      value: level,
    })
  }
  const random = createRandom(seed)
  const rows = new Int32Array(rowCount)
  const values: number[] = []
  for (let sample = 0; sample < resamples; sample++) {
    for (let index = 0; index < rowCount; index++) rows[index] = random.intBelow(rowCount)
    const value = measure(rows)
    if (!Number.isNaN(value)) values.push(value)
  }
  const sorted = Float64Array.from(values).sort()
  return {
    low: percentile(sorted, (1 - level) / 2),
    high: percentile(sorted, (1 + level) / 2),
    level,
    resamples: sorted.length,
  }
}

/** Between the two nearest of ascending values, as numpy's default; NaN of none. */
export function percentile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const above = Math.min(below + 1, sorted.length - 1)
  return float64At(sorted, below) + (position - below) * (float64At(sorted, above) - float64At(sorted, below))
}
