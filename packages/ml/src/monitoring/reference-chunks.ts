import { float64At } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** Parts of a reference that thresholds come from, as in NannyML. */
export const referenceChunks = 10

/** Rows that each part must have for its value to say something. */
export const chunkRowsMin = 10

/** Between which values a metric of the reference moves by itself. */
export interface MetricThresholds {
  readonly low: number
  readonly high: number
}

/**
 * Where rows in the order of the reference are cut: so many parts whose sizes differ by at most one.
 * @returns the first row of each part, and the end
 * @throws MlError `empty_set` where a part would have fewer than `chunkRowsMin` rows
 */
export function cutChunks(rowCount: number, chunks = referenceChunks): number[] {
  if (rowCount < chunks * chunkRowsMin) {
    throw new MlError(
      'empty_set',
      `The reference has ${rowCount} rows with a truth: give at least ${chunks * chunkRowsMin}, ${chunkRowsMin} for each of ${chunks} parts`,
      { value: rowCount },
    )
  }
  return Array.from({ length: chunks + 1 }, (_, index) => Math.floor((index * rowCount) / chunks))
}

/**
 * Mean plus and minus three standard deviations (divided by the count) of a metric over the parts of a reference, within bounds; parts
 * where it has no meaning do not count. Null where it has none in all of them.
 */
export function thresholdsOf(
  values: Float64Array,
  { min = -Infinity, max = Infinity }: { readonly min?: number; readonly max?: number } = {},
): MetricThresholds | null {
  const known = values.filter((value) => !Number.isNaN(value))
  if (known.length === 0) return null
  let total = 0
  for (let at = 0; at < known.length; at++) total += float64At(known, at)
  const mean = total / known.length
  let squares = 0
  for (let at = 0; at < known.length; at++) squares += (float64At(known, at) - mean) ** 2
  const reach = 3 * Math.sqrt(squares / known.length)
  return { low: Math.max(min, mean - reach), high: Math.min(max, mean + reach) }
}

/** An estimated metric of rows whose truth is not known. */
export interface EstimatedValue {
  readonly value: number
  /** Standard error that so many rows have by chance, from the reference. */
  readonly samplingError: number
  /** The value less and plus three sampling errors, within bounds. */
  readonly low: number
  readonly high: number
  readonly thresholds: MetricThresholds | null
  /** Whether the value itself lies outside the thresholds. */
  readonly alarm: boolean
}

/** Puts an estimate beside its band and its thresholds. */
export function estimated(
  value: number,
  samplingError: number,
  {
    thresholds,
    min = -Infinity,
    max = Infinity,
  }: { readonly thresholds: MetricThresholds | null; readonly min?: number; readonly max?: number },
): EstimatedValue {
  return {
    value,
    samplingError,
    low: Math.max(min, value - 3 * samplingError),
    high: Math.min(max, value + 3 * samplingError),
    thresholds,
    alarm: thresholds !== null && (value < thresholds.low || value > thresholds.high),
  }
}
