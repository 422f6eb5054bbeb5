import { int32At, itemAt } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { BoostingTask } from './boosting-task.js'
import { createSplitFinder } from './find-splits.js'
import type { GradientScales } from './gradients.js'
import { childrenOf, type GrowingNode } from './growing-node.js'
import { createSlots } from './histogram-slots.js'
import { binsPerFeature, missingBin } from './kernels.js'
import { createLeafQueue } from './leaf-queue.js'
import { createNodeHistograms } from './node-histograms.js'
import { type SplitCandidate, setHas } from './split-record.js'
import type { BoostingThread } from './thread-memory.js'

export interface GrownTree {
  readonly root: GrowingNode
  readonly leaves: readonly GrowingNode[]
}

/** What grows trees in one thread, one after the other. */
export interface TreeGrower {
  /**
   * Grows a tree on the gradients of an output; yields the work done since it yielded last, in cells touched.
   * The values of leaves are shrunk already.
   */
  grow(output: number): Generator<number, GrownTree>
}

interface GrowerInput {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly barrier: () => void
  /** The rows of the thread, in ascending order. */
  readonly ownRows: Int32Array
  /** The same in every thread. */
  readonly random: Random
  readonly scales: GradientScales
}

/** Grows trees leaf by leaf, the one of greatest gain first, as scikit-learn does. */
export function createTreeGrower(input: GrowerInput): TreeGrower {
  const { task, thread, barrier, ownRows, scales } = input
  const { places, settings, features } = task
  const { memory, kernels, index } = thread
  const slots = createSlots(places.slotCount)
  const histograms = createNodeHistograms(task, thread, scales)
  const { isSplittable, findSplits } = createSplitFinder({ ...input, histograms })

  function plantRoot(output: number): GrowingNode {
    memory.rowList.set(ownRows)
    const rows = memory.rowList.byteOffset
    const place = { rows, rowsTo: rows + 4 * ownRows.length, slot: slots.take() }
    histograms.sumOwnRows(place, output)
    barrier()
    const open = { depth: 0, value: 0, lower: -Infinity, upper: Infinity, split: null, children: null }
    return { ...place, ...open, ...histograms.totals(place.slot, output) }
  }

  /** Parts the rows of a node and makes its children, without histograms yet. */
  function part(node: GrowingNode, split: SplitCandidate): NonNullable<GrowingNode['children']> {
    for (let bin = 0; bin < binsPerFeature; bin++) memory.table[bin] = goesLeft(split, bin) ? 4 : 0
    const column = places.columns + split.feature * places.rowCount
    const scratch = places.scratch + index * places.listBytes
    const middle = kernels.partRows(node.rows, node.rowsTo, column, memory.table.byteOffset, scratch)
    const { monotonic } = itemAt(features, split.feature)
    const children = childrenOf({ node, split, middle, l2: settings.l2Regularization, monotonic })
    // Without missing values in training, those to come follow the majority.
    if (int32At(memory.hasMissing, split.feature) === 0) split.missingLeft = children.left.count > children.right.count
    node.children = children
    return children
  }

  /** Gives both children histograms and their best splits; the larger one takes over its parent's. */
  function look(node: GrowingNode, output: number): number {
    if (node.children === null) return 0
    const { left, right } = node.children
    const [smaller, larger] = left.count < right.count ? [left, right] : [right, left]
    larger.slot = node.slot
    smaller.slot = slots.take()
    node.slot = -1
    histograms.sumOwnRows(smaller, output)
    findSplits(smaller, larger, output)
    return smaller.count * places.featureCount
  }

  function* grow(output: number): Generator<number, GrownTree> {
    slots.reset()
    const root = plantRoot(output)
    const leaves: GrowingNode[] = []
    const queue = createLeafQueue<GrowingNode>(settings.maxLeafNodes)
    const settle = (node: GrowingNode) => {
      if (node.split !== null) queue.add(node, node.split.gain)
      else {
        leaves.push(node)
        if (node.slot >= 0) slots.free(node.slot)
      }
    }
    if (isSplittable(root)) findSplits(root, null, output)
    settle(root)
    yield (root.count * places.featureCount) / places.threads
    for (let node = queue.next(); node?.split; node = queue.next()) {
      const { left, right } = part(node, node.split)
      const isLast = leaves.length + queue.size() + 2 === settings.maxLeafNodes
      const work = !isLast && (isSplittable(left) || isSplittable(right)) ? look(node, output) : 0
      if (node.slot >= 0) slots.free(node.slot)
      settle(left)
      settle(right)
      yield (work + node.count) / places.threads
      if (isLast) break
    }
    for (let rest = queue.next(); rest !== null; rest = queue.next()) leaves.push(rest)
    for (const leaf of leaves) leaf.value *= settings.learningRate
    return { root, leaves }
  }

  return { grow }
}

/** Whether a bin goes left. */
export function goesLeft(split: SplitCandidate, bin: number): boolean {
  if (bin === missingBin) return split.missingLeft
  return split.isCategorical ? setHas(split.set, bin) : bin <= split.bin
}
