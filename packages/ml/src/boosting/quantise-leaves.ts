import { float64At, int32At } from '../data/element.js'

/**
 * Rounds leaf values so that float32 sums over any of the trees, in any order, are exact: each value becomes a multiple of a power of
 * two u such that the sum over the trees of an output of their largest values is at most 2^24 u. A float32 number has 24 significant
 * bits, so no partial sum is ever rounded, and the trainer and any runtime agree to the bit. A value moves by at most u / 2, that is by
 * at most 2^-24 of that sum, as much as a single float32 rounding of a sum of this size.
 * @param roots first node by tree, and the number of nodes at the end
 */
export function quantiseLeaves(values: Float64Array, roots: Int32Array, outputCount: number): Float32Array {
  const sums = new Float64Array(outputCount)
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    let largest = 0
    for (let node = int32At(roots, tree); node < int32At(roots, tree + 1); node++) {
      largest = Math.max(largest, Math.abs(float64At(values, node)))
    }
    sums[tree % outputCount] = float64At(sums, tree % outputCount) + largest
  }
  const units = sums.map(unitOf)
  const rounded = new Float32Array(values.length)
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const unit = float64At(units, tree % outputCount)
    for (let node = int32At(roots, tree); node < int32At(roots, tree + 1); node++) {
      rounded[node] = Math.round(float64At(values, node) / unit) * unit
    }
  }
  return rounded
}

/** The smallest power of two of which 2^24 hold the sum and one more rounding per tree. */
function unitOf(sum: number): number {
  if (sum === 0) return 1
  // At most 10,000 trees of an output, each rounded up by half a unit, stay below 1/1000 of 2^24 units.
  return 2 ** (Math.ceil(Math.log2(sum * 1.001)) - 24)
}
