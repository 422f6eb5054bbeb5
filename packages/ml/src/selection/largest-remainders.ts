import { int32At } from '../data/element.js'
import type { Random } from '../random/create-random.js'

/**
 * Shares `total` out in proportion to `weights`: each gets the whole part of its share, and the largest fractional
 * parts get one more each. Equal fractions are ranked by chance, so that no position is favoured.
 * @param weights non-negative whole numbers with a positive sum
 * @param total at most the sum of the weights
 */
export function largestRemainders(weights: Int32Array, total: number, random: Random): Int32Array {
  const sum = weights.reduce((before, weight) => before + weight, 0)
  // Divided first, as scikit-learn does, so that fractions that tie there tie here.
  const shares = Array.from(weights, (weight) => (weight / sum) * total)
  const allocation = Int32Array.from(shares, Math.floor)
  const missing = total - allocation.reduce((before, count) => before + count, 0)

  const ranked = Int32Array.from(weights.keys())
  random.shuffle(ranked)
  const fraction = (index: number) => (shares[index] ?? 0) - int32At(allocation, index)
  ranked.sort((a, b) => fraction(b) - fraction(a))
  for (const index of ranked.subarray(0, missing)) allocation[index] = int32At(allocation, index) + 1
  return allocation
}
