import { float64At } from '../data/element.js'

/**
 * How leaf values of regression trees are rounded so that float32 sums over all trees are exact in any order.
 *
 * With T trees let L = ceil(log2 T). Values are taken relative to `base`, the middle of their range, so that they lie in
 * -2^e..2^e with the least such e, and every leaf is a whole multiple k of u = 2^(e + L - 24), |k| <= 2^(24 - L). A sum over any of the
 * trees is then K u with |K| <= T 2^(24 - L) <= 2^24, which float32 holds exactly; so no partial sum is ever rounded, and the trainer
 * and any inference runtime with any number of threads agree to the bit. The rounding of one leaf is at most u / 2, which is
 * 2^(L - 24) of the range of the values: 8e-6 with 100 trees, and ten times less in their mean.
 */
export interface LeafScale {
  /** A float32 number. */
  readonly base: number
  readonly unit: number
}

/**
 * @param values finite
 * @param treeCount 1..10000
 */
export function leafScale(values: Float64Array, treeCount: number): LeafScale {
  let least = Infinity
  let greatest = -Infinity
  for (let row = 0; row < values.length; row++) {
    const value = float64At(values, row)
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  const base = Math.fround(least / 2 + greatest / 2)
  const extent = Math.max(greatest - base, base - least)
  // Far below, units would not be normal float32 numbers.
  const exponent = extent > 0 ? Math.max(-100, Math.ceil(Math.log2(extent))) : 0
  // Math.log2 may err by a rounding; one more doubling then keeps the bound.
  const bound = 2 ** exponent < extent ? exponent + 1 : exponent
  return { base, unit: 2 ** (bound + Math.ceil(Math.log2(treeCount)) - 24) }
}

/** The multiple of the unit nearest to a leaf's value. */
export function leafMultiple(value: number, unit: number): number {
  return Math.round(value / unit) * unit
}
