import { float64At } from '../data/element.js'
import { cellBytes, type Kernels, missingBin } from './kernels.js'
import { hessianMin, type NodeSums, type SplitRules } from './node-value.js'
import { scanPlaces } from './scan-kernel.js'
import type { SplitCandidate } from './split-record.js'

/** What scans with; `list` stands in shared memory. */
export interface Scanner {
  readonly kernels: Kernels
  readonly list: Float64Array
  readonly countShift: number
}

/** The histogram of one feature in one node, as it stands in memory. */
export interface FeatureCells {
  readonly feature: number
  readonly cells: number
  readonly binCount: number
  readonly hasMissing: boolean
  readonly monotonic: number
}

/** Tells the scanner of a node; its features come next, one by one. */
export function beginScan(
  { list }: Scanner,
  node: NodeSums,
  rules: Omit<SplitRules, 'monotonic'> & { readonly gradientScale: number; readonly hessianScale: number },
): void {
  list[scanPlaces.gradientScale] = rules.gradientScale
  list[scanPlaces.hessianScale] = rules.hessianScale
  list[scanPlaces.count] = node.count
  list[scanPlaces.gradient] = node.gradient
  list[scanPlaces.hessian] = node.hessian
  list[scanPlaces.nodeLoss] = node.gradient * node.value
  list[scanPlaces.l2] = rules.l2
  list[scanPlaces.lower] = rules.lower
  list[scanPlaces.upper] = rules.upper
  list[scanPlaces.countMin] = rules.minSamplesLeaf
  list[scanPlaces.hessianMin] = hessianMin
}

/**
 * Tries every bin as the last that goes left; where values are missing, once with them on the right and once on the left. The root
 * counts as having had the value 0, as in scikit-learn. Writes to `best` what is better than it.
 */
export function splitNumbers({ kernels, list, countShift }: Scanner, of: FeatureCells, best: SplitCandidate): void {
  list[scanPlaces.monotonic] = of.monotonic
  // A gain that rounding alone could make is none, as where both children keep to the bound of their parent.
  const least = Math.abs(float64At(list, scanPlaces.nodeLoss)) * 1e-12
  list[scanPlaces.gain] = best.gain > least ? best.gain : least
  list[scanPlaces.countLeft] = 0
  // The last bin alone on the left parts all values from those missing.
  const last = of.hasMissing ? of.binCount : of.binCount - 1
  kernels.scanCells(of.cells, of.cells + last * cellBytes, 0, list.byteOffset, countShift)
  take(list, of.feature, best)
  if (!of.hasMissing) return
  const missing = of.cells + missingBin * cellBytes
  const end = of.cells + (of.binCount - 1) * cellBytes
  const before = best.gain
  list[scanPlaces.countLeft] = 0
  kernels.scanCells(of.cells, end, missing, list.byteOffset, countShift)
  take(list, of.feature, best)
  if (best.gain > before) best.missingLeft = true
}

function take(list: Float64Array, feature: number, best: SplitCandidate): void {
  const gain = float64At(list, scanPlaces.gain)
  // A split has rows on the left.
  if (float64At(list, scanPlaces.countLeft) === 0) return
  best.gain = gain
  best.feature = feature
  best.bin = float64At(list, scanPlaces.cell) / cellBytes
  best.isCategorical = false
  best.missingLeft = false
  best.gradientLeft = float64At(list, scanPlaces.gradientLeft)
  best.hessianLeft = float64At(list, scanPlaces.hessianLeft)
  best.countLeft = float64At(list, scanPlaces.countLeft)
}
