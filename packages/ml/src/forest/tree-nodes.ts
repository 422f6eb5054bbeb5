import { float32At, float64At, int32At } from '../data/element.js'
import type { GrownTree } from './forest-task.js'

/** Trees as a model keeps them: all in one list of nodes. Within a tree nodes stand in preorder, so the left child of `n` is `n + 1`. */
export interface TreeNodes {
  readonly treeCount: number
  /** First node of each tree, and the number of nodes at the end. */
  readonly roots: Int32Array
  /** By node: the feature that it splits on, or -1 for a leaf. */
  readonly featureIds: Int32Array
  /** By node: a row goes left when its float32 value is `<=` this float32 number. */
  readonly thresholds: Float32Array
  /** By node: the right child of a split, or the leaf number of a leaf. */
  readonly rightOrLeaf: Int32Array
  /** By node: 1 where a missing value goes left, as most training rows did unless it was learnt otherwise. */
  readonly missingLeft: Uint8Array
  /** By leaf: the weight of the training rows in it. */
  readonly leafWeights: Float32Array
}

/** Joins the nodes of trees, given in order of their number. */
export function joinNodes(trees: readonly Omit<GrownTree, 'leaves' | 'importances'>[]): TreeNodes {
  const nodeCount = trees.reduce((total, { featureIds }) => total + featureIds.length, 0)
  const leafCount = trees.reduce((total, { leafWeights }) => total + leafWeights.length, 0)
  const roots = new Int32Array(trees.length + 1)
  const featureIds = new Int32Array(nodeCount)
  const thresholds = new Float32Array(nodeCount)
  const rightOrLeaf = new Int32Array(nodeCount)
  const missingLeft = new Uint8Array(nodeCount)
  const leafWeights = new Float32Array(leafCount)
  let firstLeaf = 0
  for (const [index, tree] of trees.entries()) {
    const root = int32At(roots, index)
    featureIds.set(tree.featureIds, root)
    thresholds.set(tree.thresholds, root)
    missingLeft.set(tree.missingLeft, root)
    leafWeights.set(tree.leafWeights, firstLeaf)
    for (let node = 0; node < tree.featureIds.length; node++) {
      const isLeaf = int32At(tree.featureIds, node) < 0
      rightOrLeaf[root + node] = int32At(tree.rightOrLeaf, node) + (isLeaf ? firstLeaf : root)
    }
    firstLeaf += tree.leafWeights.length
    roots[index + 1] = root + tree.featureIds.length
  }
  return { treeCount: trees.length, roots, featureIds, thresholds, rightOrLeaf, missingLeft, leafWeights }
}

/** Weight of the training rows that reached each node: from the leaves upwards, so that a split has exactly the sum of its children. */
export function nodeCovers({
  featureIds,
  rightOrLeaf,
  leafWeights,
}: Pick<TreeNodes, 'featureIds' | 'rightOrLeaf' | 'leafWeights'>): Float64Array {
  const covers = new Float64Array(featureIds.length)
  for (let node = featureIds.length - 1; node >= 0; node--) {
    const next = int32At(rightOrLeaf, node)
    covers[node] =
      int32At(featureIds, node) < 0
        ? float32At(leafWeights, next)
        : float64At(covers, node + 1) + float64At(covers, next)
  }
  return covers
}
