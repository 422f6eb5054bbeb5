import { float64At, int32At } from '../data/element.js'

/**
 * How many units make up a whole leaf, so that float32 sums over all trees are exact in any order.
 *
 * With T trees let L = ceil(log2 T). Every leaf share is k / 2^(24 - L) with a whole number k <= 2^(24 - L). A sum over
 * any of the trees is then K / 2^(24 - L) with a whole number K <= T * 2^(24 - L) <= 2^24, and float32, whose
 * significand has 24 bits, holds every whole number up to 2^24 times a power of two. So no partial sum is ever rounded,
 * whichever trees it is over, and the trainer and any inference runtime with any number of threads agree to the bit.
 *
 * Dividing by T keeps different sums different: two quotients below 1 differ by at least 2^(L - 24) / T >= 2^-24, which is
 * the largest distance of neighbouring floats there, and if the two are exactly that far apart, T is a power of two and
 * the division exact. So the greatest probability and the greatest sum name the same class.
 *
 * @param treeCount 1..10000, so at least 2^10 units
 */
export function leafUnitsFor(treeCount: number): number {
  return 2 ** (24 - Math.ceil(Math.log2(treeCount)))
}

/**
 * Shares of a whole in whole units that add up to `units`: each gets the whole part of its due, the largest fractional
 * parts one more, the lower class first when equal.
 * @param weights by class, non-negative with a positive sum
 * @param shares receives the units by class
 */
export function quantiseShares(weights: Float64Array, units: number, shares: Int32Array): void {
  let total = 0
  for (let code = 0; code < weights.length; code++) total += float64At(weights, code)
  let missing = units
  for (let code = 0; code < weights.length; code++) {
    const share = Math.min(Math.floor((float64At(weights, code) / total) * units), missing)
    shares[code] = share
    missing -= share
  }
  for (; missing > 0; missing--) {
    let neediest = 0
    let largest = -Infinity
    for (let code = 0; code < weights.length; code++) {
      if (float64At(weights, code) === 0) continue
      const lack = (float64At(weights, code) / total) * units - int32At(shares, code)
      if (lack > largest) {
        largest = lack
        neediest = code
      }
    }
    shares[neediest] = int32At(shares, neediest) + 1
  }
}
