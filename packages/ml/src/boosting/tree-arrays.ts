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
  const categorical = nodes.filter(({ isSplit, split }) => isSplit && split?.isCategorical)
  const tree = {
    featureIds: new Int32Array(nodes.length).fill(-1),
    bins: new Uint8Array(nodes.length),
    rightChildren: new Int32Array(nodes.length).fill(-1),
    missingLeft: new Uint8Array(nodes.length),
    categoryStarts: new Int32Array(nodes.length).fill(-1),
    categorySets: new Int32Array(setWords * categorical.length),
    values: new Float64Array(nodes.length),
    gains: new Float64Array(nodes.length),
    counts: new Int32Array(nodes.length),
  }
  let sets = 0
  for (const [index, node] of nodes.entries()) {
    const { split } = node
    tree.counts[index] = node.count
    if (!node.isSplit || split === null) {
      tree.values[index] = node.value
      continue
    }
    tree.featureIds[index] = split.feature
    tree.bins[index] = split.bin
    tree.rightChildren[index] = rightOf.get(node) ?? -1
    tree.missingLeft[index] = split.missingLeft ? 1 : 0
    tree.gains[index] = split.gain
    if (!split.isCategorical) continue
    tree.categoryStarts[index] = setWords * sets
    tree.categorySets.set(split.set, setWords * sets++)
  }
  return tree
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
