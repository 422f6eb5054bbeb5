import { float64At } from '../data/element.js'
import type { PairedCounts } from './model.js'
import { distinctUpTo, firstFrom, pairNumbers } from './samples.js'

/** Up to so many distinct values in the reference each is a bin of its own. */
const ownBinsMax = 20

/** Values around 2^53 and bins so narrow that edges fall together are as few bins as can be told apart. */
const binsMax = 10_000

/** Edges of equal width by the rule of Sturges over `count` values between two bounds, as numpy.histogram_bin_edges makes them. */
export function sturgesEdges(low: number, high: number, count: number, isWhole: boolean): Float64Array {
  // Of a range beyond what a number holds, half of it: halving and doubling are exact.
  if (!Number.isFinite(high - low)) return sturgesEdges(low / 2, high / 2, count, false).map((edge) => edge * 2)
  let [first, last] = [low, high]
  if (first === last) [first, last] = [first - 0.5, last + 0.5]
  // The width is 0 where all values are equal, which gives one bin.
  let width = (high - low) / (Math.log2(count) + 1)
  if (isWhole && width < 1) width = 1
  const bins = low === high ? 1 : Math.min(binsMax, Math.ceil((last - first) / width))
  const step = (last - first) / bins
  const edges = Float64Array.from({ length: bins + 1 }, (_, index) => index * step + first)
  edges[bins] = last
  return edges
}

/** Rows between edges; the last bin has its upper edge as well. */
export function countBetween(sorted: Float64Array, edges: Float64Array): Float64Array {
  const bins = edges.length - 1
  const counts = new Float64Array(bins)
  let before = firstFrom(sorted, float64At(edges, 0))
  for (let bin = 0; bin < bins; bin++) {
    const next = bin === bins - 1 ? sorted.length : firstFrom(sorted, float64At(edges, bin + 1))
    counts[bin] = next - before
    before = next
  }
  return counts
}

/** Whether every value is a whole number: numpy counts in those, where a column is of an integer type. */
export interface NumbersToBin {
  readonly reference: Float64Array
  readonly current: Float64Array
  readonly isWhole: boolean
}

/**
 * Rows by bin as Evidently bins numbers: each value of its own up to 20 distinct ones in the reference, else equal widths by Sturges over
 * both sides.
 */
export function binNumbers({ reference, current, isWhole }: NumbersToBin): PairedCounts {
  if (distinctUpTo(reference, ownBinsMax) <= ownBinsMax) {
    // Without a bound there is always a pairing.
    return pairNumbers(reference, current) ?? { labels: [], reference: new Float64Array(), current: new Float64Array() }
  }
  const low = Math.min(float64At(reference, 0), float64At(current, 0))
  const high = Math.max(float64At(reference, reference.length - 1), float64At(current, current.length - 1))
  const edges = sturgesEdges(low, high, reference.length + current.length, isWhole)
  return {
    labels: [...edges.subarray(0, -1)].map(String),
    reference: countBetween(reference, edges),
    current: countBetween(current, edges),
  }
}
