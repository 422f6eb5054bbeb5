import { int32At, itemAt } from '../data/element.js'
import type { BoostingTask } from './boosting-task.js'
import type { SplitFinder } from './find-splits.js'
import { bySize, childrenOf, type GrowingNode, type NodeChildren } from './growing-node.js'
import type { HistogramSlots } from './histogram-slots.js'
import { binsPerFeature, missingBin } from './kernels.js'
import { batchLimit } from './memory-places.js'
import type { NodeHistograms } from './node-histograms.js'
import type { NodeRows } from './node-rows.js'
import { readSplit, type SplitCandidate, setHas, writeSplit } from './split-record.js'
import type { BoostingThread } from './thread-memory.js'

/** Parts the rows of nodes, and gives their children histograms and their best splits. */
export interface NodeExpander {
  /** Whether the children of a node may be split themselves, by their size and depth. */
  hasSplittableChildren(node: GrowingNode): boolean
  /**
   * All threads work on one node, each on its own rows and on its share of the features.
   * @param isLast the children stay leaves
   * @returns cells touched
   */
  expandTogether(node: GrowingNode, output: number, isLast: boolean): number
  /**
   * Each thread takes one node after the other, at most `batchLimit` in all, and does what is to be done for it alone. Small nodes would
   * make the threads wait for each other more than they work.
   */
  expandApart(nodes: readonly GrowingNode[], output: number): void
}

interface ExpanderInput {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly barrier: () => void
  readonly slots: HistogramSlots
  readonly rows: NodeRows
  readonly histograms: NodeHistograms
  readonly finder: SplitFinder
  /** A number for a new node, the same in every thread. */
  readonly newNode: () => number
}

export function createExpander(input: ExpanderInput): NodeExpander {
  const { task, thread, barrier, slots, rows, histograms, newNode } = input
  const { isSplittable, findSplits, findAlone } = input.finder
  const { places, settings, features } = task
  const { memory, kernels, index } = thread
  const scratch = places.scratch + index * places.listBytes
  let [batches, takenBefore] = [0, 0]

  function openChildren(node: GrowingNode, split: SplitCandidate): NodeChildren {
    const { monotonic } = itemAt(features, split.feature)
    const ids = { left: newNode(), right: newNode() }
    // Without missing values in training, those to come follow the majority.
    if (int32At(memory.hasMissing, split.feature) === 0) split.missingLeft = split.countLeft > node.count / 2
    const children = childrenOf({ node, split, ids, l2: settings.l2Regularization, monotonic })
    node.children = children
    return children
  }

  function writeTable(split: SplitCandidate): void {
    for (let bin = 0; bin < binsPerFeature; bin++) memory.table[bin] = goesLeft(split, bin) ? 4 : 0
  }

  /** Parts the rows of a node that are in the list of `owner`, by the table. */
  function part(node: GrowingNode, split: SplitCandidate, owner: number): void {
    if (node.children === null) return
    const { from, to } = rows.pieceOf(node.id, owner)
    const column = places.columns + split.feature * places.rowCount
    const middle = kernels.partRows(from, to, column, memory.table.byteOffset, scratch)
    rows.write(node.children.left.id, owner, { from, to: middle })
    rows.write(node.children.right.id, owner, { from: middle, to })
  }

  /** The larger child takes over the histograms of its parent. */
  function giveSlots(node: GrowingNode, children: NodeChildren) {
    const { smaller, larger } = bySize(children)
    larger.slot = node.slot
    smaller.slot = slots.take()
    node.slot = -1
    return { smaller, larger }
  }

  /** Everything for one node of a batch; `at` is its place there. */
  function expandAlone(node: GrowingNode, output: number, at: number): void {
    if (node.split === null || node.children === null) return
    writeTable(node.split)
    for (let owner = 0; owner < places.threads; owner++) part(node, node.split, owner)
    const { smaller, larger } = bySize(node.children)
    histograms.sumAllRows(smaller, output)
    histograms.subtractAll(larger.slot, smaller.slot)
    writeSplit(memory.batchSplits, 2 * at, findAlone(smaller, output))
    writeSplit(memory.batchSplits, 2 * at + 1, findAlone(larger, output))
  }

  const hasSplittableChildren = ({ count, depth, split }: GrowingNode) => {
    if (split === null) return false
    const largest = Math.max(split.countLeft, count - split.countLeft)
    return isSplittable({ count: largest, depth: depth + 1 })
  }

  return {
    hasSplittableChildren,
    expandTogether(node, output, isLast) {
      const { split } = node
      if (split === null) return 0
      const looks = !isLast && hasSplittableChildren(node)
      writeTable(split)
      const children = openChildren(node, split)
      part(node, split, index)
      if (!looks) return 0
      const { smaller, larger } = giveSlots(node, children)
      histograms.sumOwnRows(smaller, output)
      findSplits(smaller, larger, output)
      return smaller.count * places.featureCount
    },
    expandApart(nodes, output) {
      // The records of the batch before may still be read by another thread.
      const first = (batches++ % 2) * batchLimit
      for (const node of nodes) if (node.split !== null) giveSlots(node, openChildren(node, node.split))
      // The largest come first, so that the threads end at about the same time.
      const order = [...nodes.keys()].sort((a, b) => itemAt(nodes, b).count - itemAt(nodes, a).count || a - b)
      const take = () => Atomics.add(memory.taken, 0, 1) - takenBefore
      for (let next = take(); next < order.length; next = take()) {
        const at = itemAt(order, next)
        expandAlone(itemAt(nodes, at), output, first + at)
      }
      // Each thread has asked once in vain.
      takenBefore += order.length + places.threads
      barrier()
      for (const [at, { children }] of nodes.entries()) {
        if (children === null) continue
        const { smaller, larger } = bySize(children)
        smaller.split = splitAt(2 * (first + at))
        larger.split = splitAt(2 * (first + at) + 1)
      }
    },
  }

  function splitAt(index: number): SplitCandidate | null {
    const split = readSplit(memory.batchSplits, index)
    return split.gain > 0 ? split : null
  }
}

/** Whether a bin goes left. */
function goesLeft(split: SplitCandidate, bin: number): boolean {
  if (bin === missingBin) return split.missingLeft
  return split.isCategorical ? setHas(split.set, bin) : bin <= split.bin
}
