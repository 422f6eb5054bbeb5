import { float64At, itemAt } from '../data/element.js'
import { missingBin } from './kernels.js'
import { hessianMin, type NodeSums, type SplitRules, splitGain } from './node-value.js'
import { type SplitCandidate, setAdd, setHas } from './split-record.js'

/** One feature in one node: gradient, second derivative and count by bin, side by side. */
export interface UnpackedCells {
  readonly feature: number
  readonly cells: Float64Array
  readonly binCount: number
  readonly hasMissing: boolean
}

/** Categories with fewer rows (by their share of second derivatives) stay on the right; and what steadies the order of the others. */
const supportMin = 10

/**
 * Puts the categories in the order of their mean gradient and tries every cut of that order, from both ends to the middle (Fisher 1958;
 * for such a loss the best cut in two is among them). Missing values are a category.
 */
export function splitCategories(node: NodeSums, of: UnpackedCells, rules: SplitRules, best: SplitCandidate): void {
  const ordered = supportedCategories(node, of)
  if (ordered.length <= 1) return
  const half = Math.floor((ordered.length + 1) / 2)
  scan(node, { of, ordered: ordered.slice(0, half), rules }, best)
  scan(node, { of, ordered: ordered.toReversed().slice(0, half - 1), rules }, best)
}

function supportedCategories(node: NodeSums, { cells, binCount, hasMissing }: UnpackedCells): readonly number[] {
  const rowsPerHessian = node.count / node.hessian
  const bins = Array.from({ length: binCount }, (_, bin) => bin)
  if (hasMissing) bins.push(missingBin)
  return bins
    .filter((bin) => float64At(cells, 3 * bin + 1) * rowsPerHessian >= supportMin)
    .map((bin) => ({ bin, mean: float64At(cells, 3 * bin) / (float64At(cells, 3 * bin + 1) + supportMin) }))
    .sort((a, b) => a.mean - b.mean || a.bin - b.bin)
    .map(({ bin }) => bin)
}

function scan(
  node: NodeSums,
  input: { readonly of: UnpackedCells; readonly ordered: readonly number[]; readonly rules: SplitRules },
  best: SplitCandidate,
): void {
  const { of, ordered, rules } = input
  const left = { gradient: 0, hessian: 0 }
  let leftCount = 0
  for (let index = 0; index < ordered.length; index++) {
    const at = 3 * itemAt(ordered, index)
    left.gradient += float64At(of.cells, at)
    left.hessian += float64At(of.cells, at + 1)
    leftCount += float64At(of.cells, at + 2)
    if (leftCount < rules.minSamplesLeaf || left.hessian < hessianMin) continue
    if (node.count - leftCount < rules.minSamplesLeaf || node.hessian - left.hessian < hessianMin) break
    const gain = splitGain(node, left, rules)
    if (gain <= best.gain || gain <= 0) continue
    best.gain = gain
    best.feature = of.feature
    best.bin = 0
    best.isCategorical = true
    best.gradientLeft = left.gradient
    best.hessianLeft = left.hessian
    best.countLeft = leftCount
    best.set.fill(0)
    for (const bin of ordered.slice(0, index + 1)) setAdd(best.set, bin)
    best.missingLeft = setHas(best.set, missingBin)
  }
}
