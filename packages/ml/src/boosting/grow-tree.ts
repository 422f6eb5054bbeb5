import type { Random } from '../random/create-random.js'
import type { BoostingTask } from './boosting-task.js'
import { createExpander } from './expand-nodes.js'
import { createSplitFinder } from './find-splits.js'
import type { GradientScales } from './gradients.js'
import type { GrowingNode } from './growing-node.js'
import { createSlots, slotsNeeded } from './histogram-slots.js'
import { createLeafQueue, type LeafQueue } from './leaf-queue.js'
import { batchLimit, readyLimit } from './memory-places.js'
import { createNodeHistograms } from './node-histograms.js'
import type { NodeRows } from './node-rows.js'
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
  readonly rows: NodeRows
  /** The same in every thread. */
  readonly random: Random
  readonly scales: GradientScales
}

/** A tree as far as it is grown. */
interface Growth {
  readonly output: number
  readonly queue: LeafQueue<GrowingNode>
  readonly splitsLeft: number
}

/** Nodes of more rows are worth the work of all threads. */
const apartRowsMax = 2 ** 14

/** The same where no other node is worth being made ready, and other threads would only wait. */
const aloneRowsMax = 2 ** 11

/**
 * Grows trees leaf by leaf, the one of greatest gain first, as scikit-learn does. Several threads make small nodes ready ahead that are
 * likely to be split soon; it changes nothing in the tree.
 */
export function createTreeGrower(input: GrowerInput): TreeGrower {
  const { task, thread, barrier, ownRows, rows } = input
  const { places, settings } = task
  const { memory, index } = thread
  const slots = createSlots(places.slotCount)
  const histograms = createNodeHistograms(task, thread, input)
  const finder = createSplitFinder({ ...input, histograms })
  let nodes = 0
  /** Nodes that are made ready and not split, wherever they wait: memory has room for `readyLimit` of them. */
  let ready = 0
  const newNode = () => nodes++
  const expander = createExpander({ task, thread, barrier, slots, rows, histograms, finder, newNode })
  // Where features are drawn, nodes have to draw in the order that they are split in.
  const expandsApart = places.threads > 1 && settings.featuresPerSplit === places.featureCount
  const slotsInOrder = slotsNeeded({ trainCount: places.trainCount, ...settings })

  function plantRoot(output: number): GrowingNode {
    memory.rowList.set(ownRows)
    const start = memory.rowList.byteOffset
    const place = { id: newNode(), slot: slots.take() }
    rows.write(place.id, index, { from: start, to: start + 4 * ownRows.length })
    histograms.sumOwnRows(place, output)
    barrier()
    const open = { depth: 0, value: 0, lower: -Infinity, upper: Infinity, split: null, children: null, isSplit: false }
    return { ...place, ...open, ...histograms.totals(place.slot, output) }
  }

  const isForOneThread = (node: GrowingNode) =>
    expandsApart && node.count <= apartRowsMax && expander.hasSplittableChildren(node)

  /** A small node and those likely to come soon after it, where as many splits are left. */
  function batchOf(node: GrowingNode, queue: LeafQueue<GrowingNode>, splitsLeft: number): readonly GrowingNode[] {
    const likely = queue.first(Math.min(batchLimit - 1, Math.floor((splitsLeft - 1) / 2)))
    const spare = settings.maxLeafNodes === Infinity ? slots.left() - slotsInOrder - 1 : readyLimit - ready
    const others = likely.filter((leaf) => leaf.children === null && isForOneThread(leaf))
    return [node, ...others.slice(0, Math.max(0, spare))]
  }

  /** @returns the work done */
  function expand(node: GrowingNode, { output, queue, splitsLeft }: Growth): number {
    if (node.children !== null) {
      ready--
      return 0
    }
    if (splitsLeft === 1 || !isForOneThread(node)) return expander.expandTogether(node, output, splitsLeft === 1)
    const batch = batchOf(node, queue, splitsLeft)
    if (batch.length === 1 && node.count > aloneRowsMax) return expander.expandTogether(node, output, false)
    expander.expandApart(batch, output)
    ready += batch.length - 1
    return batch.reduce((work, { count }) => work + count * places.featureCount, 0)
  }

  function* grow(output: number): Generator<number, GrownTree> {
    slots.reset()
    nodes = 0
    ready = 0
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
    if (finder.isSplittable(root)) finder.findSplits(root, null, output)
    settle(root)
    yield (root.count * places.featureCount) / places.threads
    for (let node = queue.next(); node?.split; node = queue.next()) {
      const splitsLeft = settings.maxLeafNodes - leaves.length - queue.size() - 1
      const work = expand(node, { output, queue, splitsLeft })
      if (node.children === null) break
      node.isSplit = true
      if (node.slot >= 0) slots.free(node.slot)
      settle(node.children.left)
      settle(node.children.right)
      yield (work + node.count) / places.threads
      if (splitsLeft === 1) break
    }
    for (let rest = queue.next(); rest !== null; rest = queue.next()) leaves.push(rest)
    for (const leaf of leaves) leaf.value *= settings.learningRate
    return { root, leaves }
  }

  return { grow }
}
