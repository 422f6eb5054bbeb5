import { float64At } from '../data/element.js'
import { countBetween, sturgesEdges } from './binned-shares.js'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.js'
import type { PairedCounts } from './model.js'
import { meanAndDeviation, pairNumbers } from './samples.js'

/** A deviation below this counts as this, as in Evidently: a constant reference gives huge distances. */
export const deviationMin = 0.001

/** Shares of rows. */
export function sharesOf(counts: Float64Array): Float64Array {
  let total = 0
  for (let index = 0; index < counts.length; index++) total += float64At(counts, index)
  return counts.map((count) => count / total)
}

/** Shares without zeros, as Evidently fills them: 0.0001, or a millionth of the smallest where that is no more than 0.0001. */
function filledShares(counts: Float64Array): Float64Array {
  const shares = sharesOf(counts)
  let smallest = Infinity
  for (let index = 0; index < shares.length; index++) {
    const share = float64At(shares, index)
    if (share > 0 && share < smallest) smallest = share
  }
  const instead = smallest <= 0.0001 ? smallest / 10 ** 6 : 0.0001
  return shares.map((share) => (share === 0 ? instead : share))
}

/** Population stability index: sum of (r - c) ln(r / c) over bins. */
export function stabilityIndex({ reference, current }: PairedCounts): number {
  const [r, c] = [filledShares(reference), filledShares(current)]
  return r.reduce((sum, share, bin) => sum + (share - float64At(c, bin)) * Math.log(share / float64At(c, bin)), 0)
}

/** Kullback-Leibler divergence of the current from the reference, natural logarithm. */
export function divergence({ reference, current }: PairedCounts): number {
  const [r, c] = [sharesOf(filledShares(reference)), sharesOf(filledShares(current))]
  return r.reduce((sum, share, bin) => sum + share * Math.log(share / float64At(c, bin)), 0)
}

/** Jensen-Shannon distance (the root of the divergence), natural logarithm: 0 to 0.8326. */
export function jensenShannon({ reference, current }: PairedCounts): number {
  const [r, c] = [sharesOf(reference), sharesOf(current)]
  let sum = 0
  for (let bin = 0; bin < r.length; bin++) {
    const [a, b] = [float64At(r, bin), float64At(c, bin)]
    const middle = (a + b) / 2
    if (a > 0) sum += a * Math.log(a / middle)
    if (b > 0) sum += b * Math.log(b / middle)
  }
  return Math.sqrt(Math.max(0, sum) / 2)
}

/** Hellinger distance of labels: 0 to 1. */
export function hellinger({ reference, current }: PairedCounts): number {
  const [r, c] = [sharesOf(reference), sharesOf(current)]
  const overlap = r.reduce((sum, share, bin) => sum + Math.sqrt(share * float64At(c, bin)), 0)
  return Math.sqrt(1 - Math.min(1, overlap))
}

/** Rows between the edges that Sturges gives for the distinct values of both sides: what the Hellinger distance of numbers is made of. */
export function distinctBins(reference: Float64Array, current: Float64Array, isWhole: boolean): PairedCounts {
  let distinct = 0
  let [i, j] = [0, 0]
  while (i < reference.length || j < current.length) {
    const value = Math.min(
      i < reference.length ? float64At(reference, i) : Infinity,
      j < current.length ? float64At(current, j) : Infinity,
    )
    while (i < reference.length && float64At(reference, i) === value) i++
    while (j < current.length && float64At(current, j) === value) j++
    distinct++
  }
  const low = Math.min(float64At(reference, 0), float64At(current, 0))
  const high = Math.max(float64At(reference, reference.length - 1), float64At(current, current.length - 1))
  const edges = sturgesEdges(low, high, distinct, isWhole)
  return {
    labels: [...edges.subarray(0, -1)].map(String),
    reference: countBetween(reference, edges),
    current: countBetween(current, edges),
  }
}

/** Total variation distance: half the sum of differences of shares. */
export function totalVariation({ reference, current }: PairedCounts): number {
  const [r, c] = [sharesOf(reference), sharesOf(current)]
  return r.reduce((sum, share, bin) => sum + Math.abs(share - float64At(c, bin)), 0) / 2
}

/** Area between two distribution functions, of the difference to a power of 1 or 2. Both sides ascending. */
function areaBetween(a: Float64Array, b: Float64Array, power: 1 | 2): number {
  let [i, j] = [0, 0]
  let sum = 0
  let before = 0
  while (i < a.length || j < b.length) {
    const takesA = j >= b.length || (i < a.length && float64At(a, i) <= float64At(b, j))
    const value = takesA ? float64At(a, i) : float64At(b, j)
    if (i + j > 0) {
      const gap = Math.abs(i / a.length - j / b.length)
      sum += (power === 1 ? gap : gap * gap) * (value - before)
    }
    before = value
    if (takesA) i++
    else j++
  }
  return sum
}

/** First Wasserstein distance, in standard deviations of the reference. NaN where these are more than a number holds: all would be 0. */
export function normedWasserstein(reference: Float64Array, current: Float64Array): number {
  const { deviation } = meanAndDeviation(reference)
  if (!Number.isFinite(deviation)) return Number.NaN
  return areaBetween(reference, current, 1) / Math.max(deviation, deviationMin)
}

/** Energy distance, the root form of scipy. */
export function energyDistance(reference: Float64Array, current: Float64Array): number {
  return Math.sqrt(2 * areaBetween(reference, current, 2))
}

/**
 * How far two samples are apart, for a threshold of size: in deviations of the reference; in shares of rows where that is constant, or where
 * values are so large that deviations or distances are no finite numbers.
 */
export function effectOfNumbers(reference: Float64Array, current: Float64Array): number {
  const { deviation } = meanAndDeviation(reference)
  const area = areaBetween(reference, current, 1)
  if (!Number.isFinite(deviation) || !Number.isFinite(area)) return kolmogorovSmirnov(reference, current).distance
  if (deviation > 0) return area / deviation
  const paired = pairNumbers(reference, current)
  return paired === undefined ? 0 : totalVariation(paired)
}
