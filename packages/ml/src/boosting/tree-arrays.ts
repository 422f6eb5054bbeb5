import { int32At, uint8At } from '../data/element.js'
import type { BoostedTree } from './boosting-task.js'
import type { GrowingNode } from './growing-node.js'
import { missingBin } from './kernels.js'
import { setHas, setWords } from './split-record.js'

/** Lists a grown tree in preorder. */
export function treeArrays(root: GrowingNode): BoostedTree {
  const nodes: GrowingNode[] = []
  const rightOf = new Map<GrowingNode, number>()
  // An explicit stack, because a tree without a limit can be deeper than the call stack.
  const waiting: { readonly node: GrowingNode; readonly parent: GrowingNode | null }[] = [{ node: root, parent: null }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.parent !== null) rightOf.set(next.parent, nodes.length)
    nodes.push(next.node)
    if (!next.node.isSplit || next.node.children === null) continue
    waiting.push({ node: next.node.children.right, parent: next.node }, { node: next.node.children.left, parent: null })
  }
  const splits = nodes.map(({ isSplit, split }) => (isSplit ? split : null))
  const categorical = splits.filter((split) => split?.isCategorical)
  const categorySets = new Int32Array(setWords * categorical.length)
  for (const [index, split] of categorical.entries()) if (split) categorySets.set(split.set, setWords * index)
  let sets = 0
  return {
    featureIds: Int32Array.from(splits, (split) => split?.feature ?? -1),
    bins: Uint8Array.from(splits, (split) => split?.bin ?? 0),
    rightChildren: Int32Array.from(nodes, (node) => rightOf.get(node) ?? -1),
    missingLeft: Uint8Array.from(splits, (split) => (split?.missingLeft ? 1 : 0)),
    categoryStarts: Int32Array.from(splits, (split) => (split?.isCategorical ? setWords * sets++ : -1)),
    categorySets,
    values: Float64Array.from(nodes, ({ isSplit, value }) => (isSplit ? 0 : value)),
    gains: Float64Array.from(splits, (split) => split?.gain ?? 0),
    counts: Int32Array.from(nodes, ({ count }) => count),
  }
}

/** The leaf of a row by its bins: `columns[feature * rowCount + row]`. */
export function leafOfBins(
  tree: BoostedTree,
  columns: Uint8Array,
  { rowCount, row }: { readonly rowCount: number; readonly row: number },
): number {
  let node = 0
  for (let feature = int32At(tree.featureIds, 0); feature >= 0; feature = int32At(tree.featureIds, node)) {
    const bin = uint8At(columns, feature * rowCount + row)
    const set = int32At(tree.categoryStarts, node)
    let isLeft: boolean
    if (bin === missingBin) isLeft = uint8At(tree.missingLeft, node) === 1
    else isLeft = set >= 0 ? setHas(tree.categorySets, bin, set) : bin <= uint8At(tree.bins, node)
    node = isLeft ? node + 1 : int32At(tree.rightChildren, node)
  }
  return node
}
