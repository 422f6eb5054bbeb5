import { float64At } from '../data/element.js'
import { createRandom, type Random } from '../random/create-random.js'
import { gammaUpper } from '../statistics/distributions.js'
import { normalUpper } from '../statistics/tails.js'
import type { PairedCounts } from './model.js'

/** Up to so many marked things are drawn one by one; more by the normal approximation, whose error is then below the noise of the drawing. */
const drawnSinglyMax = 64

/** A draw of the hypergeometric distribution: of `draws` out of `size`, how many of the `marked`. */
function drawMarked(random: Random, size: number, marked: number, draws: number): number {
  const low = Math.max(0, draws - (size - marked))
  const high = Math.min(marked, draws)
  if (low === high) return low
  // What is left over, or not marked, may be few: then that is what is drawn.
  if (size - draws < draws) return marked - drawMarked(random, size, marked, size - draws)
  if (size - marked < marked) return draws - drawMarked(random, size, size - marked, draws)
  const few = Math.min(marked, draws)
  if (few <= drawnSinglyMax) {
    let [found, left, rest] = [0, size, marked === few ? draws : marked]
    for (let k = 0; k < few; k++) {
      if (random.float() * left < rest) {
        found++
        rest--
      }
      left--
    }
    return found
  }
  const share = marked / size
  const mean = draws * share
  const variance = (mean * (1 - share) * (size - draws)) / (size - 1)
  return Math.min(high, Math.max(low, Math.round(mean + Math.sqrt(variance) * normalDraw(random))))
}

/** A normal number (Box and Muller). */
function normalDraw(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}

/** How often rows are shuffled: fewer times over very many labels. */
const roundsMax = 999
const roundsMin = 199
const drawsMax = 20_000_000

export function roundsFor(labels: number): number {
  return Math.max(roundsMin, Math.min(roundsMax, Math.floor(drawsMax / Math.max(1, labels))))
}

/**
 * Values of a statistic over rows that are shuffled between both sides, as they would be had nothing changed. The same counts and seed give
 * the same values on every machine.
 */
export function shuffledStatistics(
  { labels, reference, current }: PairedCounts,
  statistic: (counts: PairedCounts) => number,
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Float64Array {
  const random = createRandom(seed)
  const pooled = reference.map((count, k) => count + float64At(current, k))
  const total = pooled.reduce((sum, count) => sum + count, 0)
  const rows = reference.reduce((sum, count) => sum + count, 0)
  const one = new Float64Array(pooled.length)
  const other = new Float64Array(pooled.length)
  const drawn = { labels, reference: one, current: other }
  return Float64Array.from({ length: rounds }, () => {
    let [left, draws] = [total, rows]
    for (let k = 0; k < pooled.length; k++) {
      const count = float64At(pooled, k)
      const taken = drawMarked(random, left, count, draws)
      one[k] = taken
      other[k] = count - taken
      left -= count
      draws -= taken
    }
    return statistic(drawn)
  })
}

/** Values that are equal but for rounding. */
const equalShare = 1e-9

/**
 * How likely a value as large is among the shuffled ones. Of equal values half count, so that few possible values do not make it rarely
 * alarm. Where none is as large, the curve of Pearson's third kind with their mean, width and skewness tells how far out it is.
 */
export function shuffledProbability(value: number, shuffled: Float64Array): number {
  const margin = Math.abs(value) * equalShare
  let [greater, equal, sum] = [0, 0, 0]
  for (const other of shuffled) {
    if (other > value + margin) greater++
    else if (other >= value - margin) equal++
    sum += other
  }
  const share = (greater + 0.5 * equal) / shuffled.length
  if (share > 0) return share
  const mean = sum / shuffled.length
  const power = (k: number) => shuffled.reduce((total, other) => total + (other - mean) ** k, 0) / shuffled.length
  return Math.min(0.5 / shuffled.length, pearsonUpper(value, mean, power(2), power(3)))
}

/** The value that a share of the shuffled ones exceed. */
export function shuffledThreshold(shuffled: Float64Array, share: number): number {
  const sorted = shuffled.slice().sort()
  return float64At(sorted, Math.min(sorted.length - 1, Math.ceil((1 - share) * sorted.length) - 1))
}

function pearsonUpper(value: number, mean: number, variance: number, third: number): number {
  if (variance <= 0) return 0
  const skewness = third / variance ** 1.5
  const z = (value - mean) / Math.sqrt(variance)
  if (skewness <= 0.01) return normalUpper(z)
  const shape = 4 / skewness ** 2
  return gammaUpper(shape, Math.max(0, shape + z * Math.sqrt(shape)))
}
