import { float32At, float64At, int32At, itemAt, uint8At } from '../data/element.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { classBitsFor, createSample, drawSample } from './draw-sample.js'
import { createSplitFinder, type FoundSplit, type NodeRows, spread } from './find-split.js'
import type { ForestTask, GrownTree } from './forest-task.js'
import { quantiseShares } from './quantise-shares.js'
import { splitThreshold } from './split-threshold.js'

/** Grows the tree of the given number; which tree that is depends on nothing else than the task. */
export type TreeGrower = (treeIndex: number) => GrownTree

/** A grower for one thread: it reuses its scratch memory (about 40 bytes per row) from tree to tree. */
export function createTreeGrower(task: ForestTask): TreeGrower {
  const { rowCount, classCount, bins, classWeights, columns, settings } = task
  const classBits = classBitsFor(classCount)
  const classMask = (1 << classBits) - 1
  const sample = createSample(task)
  const finder = createSplitFinder(task)
  const rightRows = new Int32Array(rowCount)
  const rightPacked = new Int32Array(rowCount)
  const node: NodeRows = { start: 0, end: 0, weights: new Float64Array(classCount), weight: 0, spreadSum: 0 }
  const tree = createTreeBuffer(task)

  function grow(treeIndex: number): GrownTree {
    const random = createRandom(deriveSeed(settings.seed, treeIndex))
    drawSample(task, random, sample)
    finder.reset()
    tree.clear()
    // Entries of start, end, depth and the node whose right child this is (-1 for a left child).
    const pending = [0, sample.length, 0, -1]
    while (pending.length > 0) {
      const parent = pending.pop() ?? -1
      const depth = pending.pop() ?? 0
      node.end = pending.pop() ?? 0
      node.start = pending.pop() ?? 0
      const rowsInNode = node.end - node.start
      const isPure = weigh() === 1
      const isSmall = rowsInNode < settings.minRowsSplit || rowsInNode < 2 * settings.minRowsLeaf
      const split = isPure || isSmall || depth >= settings.maxDepth ? null : finder.find(sample, node, random)
      const id = split ? tree.addSplit(split, thresholdOf(split)) : tree.addLeaf(node.weights)
      if (parent >= 0) tree.setRight(parent, id)
      if (!split) continue
      const middle = partition(split)
      pending.push(middle, node.end, depth + 1, id, node.start, middle, depth + 1, -1)
    }
    return tree.finish()
  }

  /** Sums up the weights of the node's rows and says how many classes they have. */
  function weigh(): number {
    const { weights, start, end } = node
    const { packed } = sample
    weights.fill(0)
    for (let index = start; index < end; index++) {
      const word = int32At(packed, index)
      const code = word & classMask
      weights[code] = float64At(weights, code) + (word >> classBits)
    }
    let present = 0
    node.weight = 0
    node.spreadSum = 0
    for (let code = 0; code < classCount; code++) {
      const draws = float64At(weights, code)
      if (draws === 0) continue
      const weight = draws * float64At(classWeights, code)
      weights[code] = weight
      present++
      node.weight += weight
      node.spreadSum += spread(weight, settings.entropy)
    }
    return present
  }

  function thresholdOf({ feature, leftBin, rightBin }: FoundSplit): number {
    const { lower, upper } = itemAt(columns, feature)
    return splitThreshold(float32At(upper, leftBin), float32At(lower, rightBin))
  }

  /** Brings the rows of the left side to the front, both sides in their old order, and says where the right one begins. */
  function partition({ feature, leftBin }: FoundSplit): number {
    const { rows, packed } = sample
    const { start, end } = node
    const base = feature * rowCount
    let leftEnd = start
    let rightCount = 0
    for (let index = start; index < end; index++) {
      const row = int32At(rows, index)
      const word = int32At(packed, index)
      if (uint8At(bins, base + row) <= leftBin) {
        rows[leftEnd] = row
        packed[leftEnd++] = word
      } else {
        rightRows[rightCount] = row
        rightPacked[rightCount++] = word
      }
    }
    for (let index = 0; index < rightCount; index++) {
      rows[leftEnd + index] = int32At(rightRows, index)
      packed[leftEnd + index] = int32At(rightPacked, index)
    }
    return leftEnd
  }

  return grow
}

/** Room for the largest tree that the rows allow, written node by node. */
function createTreeBuffer({ rowCount, classCount, columns, settings }: ForestTask) {
  const featureIds = new Int32Array(2 * rowCount)
  const thresholds = new Float32Array(2 * rowCount)
  const rightOrLeaf = new Int32Array(2 * rowCount)
  const leafStarts = new Int32Array(rowCount + 1)
  const leafClasses = new Int32Array(rowCount)
  const leafUnits = new Int32Array(rowCount)
  const shares = new Int32Array(classCount)
  const gains = new Float64Array(columns.length)
  let nodeCount = 0
  let leafCount = 0

  return {
    clear(): void {
      gains.fill(0)
      nodeCount = 0
      leafCount = 0
    },
    addSplit({ feature, gain }: FoundSplit, threshold: number): number {
      featureIds[nodeCount] = feature
      thresholds[nodeCount] = threshold
      gains[feature] = float64At(gains, feature) + gain
      return nodeCount++
    },
    addLeaf(weights: Float64Array): number {
      quantiseShares(weights, settings.leafUnits, shares)
      let end = int32At(leafStarts, leafCount)
      for (let code = 0; code < classCount; code++) {
        const share = int32At(shares, code)
        if (share === 0) continue
        leafClasses[end] = code
        leafUnits[end++] = share
      }
      featureIds[nodeCount] = -1
      thresholds[nodeCount] = 0
      rightOrLeaf[nodeCount] = leafCount++
      leafStarts[leafCount] = end
      return nodeCount++
    },
    setRight(parent: number, child: number): void {
      rightOrLeaf[parent] = child
    },
    finish(): GrownTree {
      const totalGain = gains.reduce((before, gain) => before + gain, 0)
      const shareCount = int32At(leafStarts, leafCount)
      return {
        featureIds: featureIds.slice(0, nodeCount),
        thresholds: thresholds.slice(0, nodeCount),
        rightOrLeaf: rightOrLeaf.slice(0, nodeCount),
        leafStarts: leafStarts.slice(0, leafCount + 1),
        leafClasses: leafClasses.slice(0, shareCount),
        leafUnits: leafUnits.slice(0, shareCount),
        importances: totalGain > 0 ? gains.map((gain) => gain / totalGain) : new Float64Array(gains.length),
      }
    },
  }
}
