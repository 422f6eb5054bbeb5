import { float32At, int32At } from '../data/element.js'
import type { TreeEnsemble } from './tree-ensemble.js'

/** Whether a row, given by its features in the order of the trees, goes left at a split. */
export function goesLeft(ensemble: TreeEnsemble, node: number, row: Float32Array): boolean {
  const value = float32At(row, int32At(ensemble.featureIds, node))
  if (Number.isNaN(value)) return ensemble.missingLeft[node] === 1
  const start = ensemble.categories === null ? -1 : int32At(ensemble.categories.starts, node)
  if (ensemble.categories === null || start < 0) return value <= float32At(ensemble.thresholds, node)
  const word = value >> 5
  if (word >= int32At(ensemble.categories.lengths, node)) return false
  return ((int32At(ensemble.categories.words, start + word) >>> (value & 31)) & 1) === 1
}
