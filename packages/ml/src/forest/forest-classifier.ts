import { float64At, int32At } from '../data/element.js'
import type { ForestParameters } from './forest-parameters.js'
import type { GrownTree } from './forest-task.js'

/**
 * A trained forest of classification trees: plain data, all trees in one list of nodes. Within a tree nodes stand in
 * preorder, so the left child of node `n` is `n + 1`.
 */
export interface ForestClassifier {
  readonly kind: 'forest_classifier'
  readonly parameters: ForestParameters
  readonly featureNames: readonly string[]
  readonly classes: readonly string[]
  readonly treeCount: number
  /** First node of each tree, and the number of nodes at the end. */
  readonly roots: Int32Array
  /** By node: the feature that it splits on, or -1 for a leaf. */
  readonly featureIds: Int32Array
  /** By node: a row goes left when its float32 value is `<=` this float32 number. */
  readonly thresholds: Float32Array
  /** By node: the right child of a split, or the leaf number of a leaf. */
  readonly rightOrLeaf: Int32Array
  /** By leaf: where its classes begin in the two lists below; one more entry than leaves. */
  readonly leafStarts: Int32Array
  readonly leafClasses: Int32Array
  /** Probabilities within the leaf, of a precision at which sums over all trees are exact in float32. */
  readonly leafShares: Float32Array
  /** By feature: mean decrease of impurity, adding up to 1 (all zero when no tree has a split), as in scikit-learn. */
  readonly featureImportances: Float64Array
}

/** Joins the trees, given in order of their number. */
export function assembleForest(
  trees: readonly GrownTree[],
  model: Pick<ForestClassifier, 'parameters' | 'featureNames' | 'classes'> & { readonly leafUnits: number },
): ForestClassifier {
  const { parameters, featureNames, classes, leafUnits } = model
  const total = (size: (tree: GrownTree) => number) => trees.reduce((before, tree) => before + size(tree), 0)
  const nodeCount = total(({ featureIds }) => featureIds.length)
  const shareCount = total(({ leafClasses }) => leafClasses.length)
  const roots = new Int32Array(trees.length + 1)
  const featureIds = new Int32Array(nodeCount)
  const thresholds = new Float32Array(nodeCount)
  const rightOrLeaf = new Int32Array(nodeCount)
  const leafStarts = new Int32Array(total((tree) => tree.leafStarts.length - 1) + 1)
  const leafClasses = new Int32Array(shareCount)
  const leafShares = new Float32Array(shareCount)
  let firstLeaf = 0
  let firstShare = 0
  for (const [index, tree] of trees.entries()) {
    const root = int32At(roots, index)
    featureIds.set(tree.featureIds, root)
    thresholds.set(tree.thresholds, root)
    leafClasses.set(tree.leafClasses, firstShare)
    for (let node = 0; node < tree.featureIds.length; node++) {
      const isLeaf = int32At(tree.featureIds, node) < 0
      rightOrLeaf[root + node] = int32At(tree.rightOrLeaf, node) + (isLeaf ? firstLeaf : root)
    }
    for (let share = 0; share < tree.leafUnits.length; share++) {
      leafShares[firstShare + share] = int32At(tree.leafUnits, share) / leafUnits
    }
    for (let leaf = 1; leaf < tree.leafStarts.length; leaf++) {
      leafStarts[firstLeaf + leaf] = firstShare + int32At(tree.leafStarts, leaf)
    }
    firstLeaf += tree.leafStarts.length - 1
    firstShare += tree.leafClasses.length
    roots[index + 1] = root + tree.featureIds.length
  }
  return Object.freeze({
    kind: 'forest_classifier',
    parameters: Object.freeze({ ...parameters }),
    featureNames: Object.freeze([...featureNames]),
    classes: Object.freeze([...classes]),
    treeCount: trees.length,
    roots,
    featureIds,
    thresholds,
    rightOrLeaf,
    leafStarts,
    leafClasses,
    leafShares,
    featureImportances: meanImportances(trees, featureNames.length),
  })
}

/** The mean over the trees that have a split, in order of the trees so that rounding is always the same. */
function meanImportances(trees: readonly GrownTree[], featureCount: number): Float64Array {
  const sums = new Float64Array(featureCount)
  for (const { importances } of trees) {
    for (let feature = 0; feature < featureCount; feature++) {
      sums[feature] = float64At(sums, feature) + float64At(importances, feature)
    }
  }
  const total = sums.reduce((before, sum) => before + sum, 0)
  return total > 0 ? sums.map((sum) => sum / total) : sums
}
