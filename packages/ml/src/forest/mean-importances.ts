import { float64At } from '../data/element.js'
import type { GrownTree } from './forest-task.js'

/** The mean over the trees that have a split, in order of the trees so that rounding is always the same. */
export function meanImportances(trees: readonly Pick<GrownTree, 'importances'>[], featureCount: number): Float64Array {
  const sums = new Float64Array(featureCount)
  for (const { importances } of trees) {
    for (let feature = 0; feature < featureCount; feature++) {
      sums[feature] = float64At(sums, feature) + float64At(importances, feature)
    }
  }
  const total = sums.reduce((before, sum) => before + sum, 0)
  return total > 0 ? sums.map((sum) => sum / total) : sums
}
