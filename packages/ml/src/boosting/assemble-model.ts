import { float32At, float64At, int32At, uint8At } from '../data/element.js'
import type { BoostedModel } from './boosted-model.js'
import type { BoostedTree, BoostingResult, BoostingTask } from './boosting-task.js'
import { binsPerFeature } from './kernels.js'
import { quantiseLeaves } from './quantise-leaves.js'
import { setAdd, setHas, setWords } from './split-record.js'

/** What a model consists of besides its names. */
export type BoostedTrees = Omit<BoostedModel, 'kind' | 'classes' | 'featureNames'>

/** Puts the trees of a run together, with thresholds for bins and codes for categories. */
export function assembleModel(task: BoostingTask, result: BoostingResult): BoostedTrees {
  const { trees, trainingLosses, validationLosses } = result
  const { outputCount, featureCount } = task.places
  const roots = new Int32Array(trees.length + 1)
  for (const [tree, { featureIds }] of trees.entries()) roots[tree + 1] = int32At(roots, tree) + featureIds.length
  const nodeCount = int32At(roots, trees.length)
  const join = <List extends Float64Array | Int32Array | Uint8Array>(
    into: List,
    listOf: (tree: BoostedTree) => List,
  ) => {
    for (const [index, tree] of trees.entries()) into.set(listOf(tree), int32At(roots, index))
    return into
  }
  const gains = join(new Float64Array(nodeCount), (tree) => tree.gains)
  const featureIds = join(new Int32Array(nodeCount), (tree) => tree.featureIds)
  const leafValues = join(new Float64Array(nodeCount), (tree) => tree.values)
  return {
    loss: task.settings.loss,
    categoryCounts: Int32Array.from(task.features, ({ categoryCount }) => categoryCount),
    baseline: Float32Array.from(task.baseline),
    iterationCount: trees.length / outputCount,
    roots,
    featureIds,
    thresholds: Float32Array.from(trees.flatMap((tree) => thresholdsOf(task, tree))),
    rightChildren: rightChildrenOf(trees, roots),
    missingLeft: join(new Uint8Array(nodeCount), (tree) => tree.missingLeft),
    ...categorySetsOf(task, trees),
    leafValues: quantiseLeaves(leafValues, roots, outputCount),
    gains,
    counts: join(new Int32Array(nodeCount), (tree) => tree.counts),
    importances: importancesOf(featureIds, gains, featureCount),
    trainingLosses,
    validationLosses,
  }
}

/** Places in a tree become places in the list of all. */
function rightChildrenOf(trees: readonly BoostedTree[], roots: Int32Array): Int32Array {
  const children = new Int32Array(int32At(roots, trees.length))
  for (const [index, tree] of trees.entries()) {
    const root = int32At(roots, index)
    for (const [node, child] of tree.rightChildren.entries()) children[root + node] = child < 0 ? -1 : child + root
  }
  return children
}

function thresholdsOf({ memory, places }: BoostingTask, tree: BoostedTree): readonly number[] {
  const bounds = new Float32Array(memory.buffer, places.bounds, binsPerFeature * places.featureCount)
  const binCounts = new Int32Array(memory.buffer, places.binCounts, places.featureCount)
  return Array.from(tree.featureIds, (feature, node) => {
    if (feature < 0 || int32At(tree.categoryStarts, node) >= 0) return 0
    const bin = uint8At(tree.bins, node)
    return bin === int32At(binCounts, feature) - 1 ? Infinity : float32At(bounds, feature * binsPerFeature + bin)
  })
}

/** Codes that no training row has go with the missing values. */
function categorySetsOf(task: BoostingTask, trees: readonly BoostedTree[]) {
  const { memory, places } = task
  const seen = new Uint8Array(memory.buffer, places.seen, binsPerFeature * places.featureCount)
  const starts: number[] = []
  const sets: number[] = []
  for (const tree of trees) {
    for (const [node, start] of tree.categoryStarts.entries()) {
      starts.push(start < 0 ? -1 : sets.length)
      if (start < 0) continue
      const set = new Int32Array(setWords)
      const firstSeen = int32At(tree.featureIds, node) * binsPerFeature
      for (let code = 0; code < binsPerFeature; code++) {
        const isKnown = uint8At(seen, firstSeen + code) === 1
        const isLeft = isKnown ? setHas(tree.categorySets, code, start) : uint8At(tree.missingLeft, node) === 1
        if (isLeft) setAdd(set, code)
      }
      sets.push(...set)
    }
  }
  return { categoryStarts: Int32Array.from(starts), categorySets: Int32Array.from(sets) }
}

function importancesOf(featureIds: Int32Array, gains: Float64Array, featureCount: number): Float64Array {
  const sums = new Float64Array(featureCount)
  for (const [node, feature] of featureIds.entries()) {
    if (feature >= 0) sums[feature] = float64At(sums, feature) + float64At(gains, node)
  }
  const total = sums.reduce((sum, gain) => sum + gain, 0)
  return total > 0 ? sums.map((gain) => gain / total) : sums
}
