import { float32At, float64At, int32At, itemAt } from '../data/element.js'
import { splitThreshold } from '../forest/split-threshold.js'
import { ascending, averagedWeightedPercentile } from './percentile.js'
import { sortFloats } from './sort-floats.js'

/** More training rows than this, and bin bounds come from a sample of so many. */
export const binSampleRows = 200_000

/** Values that bounds are drawn from: a feature and the rows to look at. */
export interface BoundsInput {
  readonly values: Float32Array
  /** Original rows. */
  readonly rows: Int32Array
  /** By place in `rows`; null when all weigh 1. */
  readonly weights: Float64Array | null
  /** 2..255 */
  readonly maxBins: number
}

/**
 * Upper bounds of the bins of a feature but the last, as float32: a value lies in the first bin whose bound is not below it. With at
 * most `maxBins` distinct values the bounds are half-way between them; otherwise they part the rows evenly, as scikit-learn's
 * percentiles by the averaged inverted distribution function do. Missing values and rows without weight are left aside.
 */
export function binBounds(input: BoundsInput): Float32Array {
  const { values, weights } = presentValues(input)
  return weights === null
    ? evenBounds(sortFloats(values), input.maxBins)
    : weightedBounds(values, weights, input.maxBins)
}

function presentValues({ values, rows, weights }: BoundsInput) {
  const present = new Float32Array(rows.length)
  const presentWeights = weights === null ? null : new Float64Array(rows.length)
  let length = 0
  for (let index = 0; index < rows.length; index++) {
    const value = float32At(values, int32At(rows, index))
    const weight = weights === null ? 1 : float64At(weights, index)
    if (Number.isNaN(value) || weight === 0) continue
    present[length] = value
    if (presentWeights !== null) presentWeights[length] = weight
    length++
  }
  return { values: present.slice(0, length), weights: presentWeights?.slice(0, length) ?? null }
}

function evenBounds(sorted: Float32Array, maxBins: number): Float32Array {
  const distinct = distinctUpTo(sorted, maxBins)
  if (distinct !== null) return between(distinct)
  const bounds: number[] = []
  for (let part = 1; part < maxBins; part++) {
    const position = (part / maxBins) * sorted.length
    const at = Math.ceil(position) - 1
    const value = float32At(sorted, Math.max(at, 0))
    const next = float32At(sorted, Math.min(Math.max(at, 0) + 1, sorted.length - 1))
    addBound(bounds, value, position === at + 1 ? next : value)
  }
  return Float32Array.from(bounds)
}

function weightedBounds(values: Float32Array, weights: Float64Array, maxBins: number): Float32Array {
  const wide = Float64Array.from(values)
  const distinct = distinctUpTo(sortFloats(values), maxBins)
  if (distinct !== null) return between(distinct)
  const order = ascending(wide)
  const bounds: number[] = []
  for (let part = 1; part < maxBins; part++) {
    const value = averagedWeightedPercentile(wide, weights, order, part / maxBins)
    const rounded = Math.fround(value)
    // Rounding down keeps what lies above the bound above it.
    addBound(bounds, rounded, rounded)
  }
  return Float32Array.from(bounds)
}

/** Adds the bound half-way between two values unless it is there. */
function addBound(bounds: number[], value: number, next: number): void {
  const bound = next > value ? splitThreshold(value, next) : value
  if (bound > (bounds.at(-1) ?? -Infinity)) bounds.push(bound)
}

function between(distinct: readonly number[]): Float32Array {
  const bounds: number[] = []
  for (let index = 1; index < distinct.length; index++) {
    addBound(bounds, itemAt(distinct, index - 1), itemAt(distinct, index))
  }
  return Float32Array.from(bounds)
}

/** The distinct values, or null when they are more than `limit`. */
function distinctUpTo(sorted: Float32Array, limit: number): readonly number[] | null {
  const distinct: number[] = []
  for (let index = 0; index < sorted.length; index++) {
    const value = float32At(sorted, index)
    if (distinct.length > 0 && value === distinct.at(-1)) continue
    if (distinct.length === limit) return null
    distinct.push(value)
  }
  return distinct
}
