import { float64At, int32At, uint8At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import { binLimit } from './bin-column.js'
import { classBitsFor, type TreeSample } from './draw-sample.js'
import type { ForestTask } from './forest-task.js'

/** The part of the sample that a node holds: positions start..end-1. */
export interface NodeRows {
  start: number
  end: number
  /** Weight of its rows by class, and altogether. */
  readonly weights: Float64Array
  weight: number
  /** Sum over the classes of `spread(weight)`; see `spread` below. */
  spreadSum: number
}

/** The best split found: bins up to `leftBin` go left; `rightBin` is the next bin that has rows. */
export interface FoundSplit {
  feature: number
  leftBin: number
  rightBin: number
  /** Decrease of the impurity times the weight of the node. */
  gain: number
}

/**
 * Both criteria are minimised by maximising a sum over the two sides of something that changes with one class at a time:
 * Gini w - sum(w_c^2) / w, entropy w log2 w - sum(w_c log2 w_c). The spread is the term of one class.
 */
export function spread(weight: number, entropy: boolean): number {
  if (!entropy) return weight * weight
  return weight > 0 ? weight * Math.log2(weight) : 0
}

/** What remains of the weight's impurity once turned round: larger is purer. */
export function purity(spreadSum: number, weight: number, entropy: boolean): number {
  return entropy ? spreadSum - spread(weight, true) : spreadSum / weight
}

/** Up to this many rows, sorting them one by one is cheaper than a histogram, and than the sort of the platform. */
const sortLimit = 24

/** Searches splits for the nodes of one tree after another; it owns the scratch memory for that. */
export interface SplitFinder {
  /** To be called at the start of a tree: what it finds must not depend on the trees before. */
  reset(): void
  /** The best split over a random choice of features, or null when no feature separates the rows as the settings ask. */
  find(sample: TreeSample, node: NodeRows, random: Random): FoundSplit | null
}

export function createSplitFinder(task: ForestTask): SplitFinder {
  const { bins, rowCount, classCount, classWeights, columns, settings } = task
  const { entropy, featuresPerSplit, minRowsLeaf } = settings
  const featureCount = columns.length
  const classBits = classBitsFor(classCount)
  const classMask = (1 << classBits) - 1
  const features = new Int32Array(featureCount)
  const histogram = new Int32Array(binLimit << classBits)
  const rowsInBin = new Int32Array(binLimit)
  const occupied = new Int32Array(binLimit)
  const seen = new Uint8Array(binLimit)
  const seenWords = new Int32Array(seen.buffer)
  const left = new Float64Array(classCount)
  // With many classes a bin costs more to move than a row, which has one class.
  const rowScanLimit = Math.max(sortLimit, Math.min(8 * classCount, 1024))
  const keys = new Int32Array(rowScanLimit)
  const best: FoundSplit = { feature: -1, leftBin: 0, rightBin: 0, gain: 0 }
  let bestPurity = -Infinity

  function reset(): void {
    for (let feature = 0; feature < featureCount; feature++) features[feature] = feature
  }

  function find(sample: TreeSample, node: NodeRows, random: Random): FoundSplit | null {
    best.feature = -1
    bestPurity = -Infinity
    let separated = false
    // As in scikit-learn, features without two values count as tried, yet one that has two is tried if there is any.
    for (let drawn = 0; drawn < featureCount && (drawn < featuresPerSplit || !separated); drawn++) {
      const chosen = drawn + random.intBelow(featureCount - drawn)
      const feature = int32At(features, chosen)
      features[chosen] = int32At(features, drawn)
      features[drawn] = feature
      const varies =
        node.end - node.start <= rowScanLimit ? scanRows(sample, node, feature) : scanHistogram(sample, node, feature)
      if (varies) separated = true
    }
    if (best.feature < 0) return null
    // A split that gains nothing may come out a rounding error below zero.
    best.gain = Math.max(0, bestPurity - purity(node.spreadSum, node.weight, entropy))
    return best
  }

  function offer(candidate: number, feature: number, leftBin: number, rightBin: number): void {
    if (candidate <= bestPurity) return
    bestPurity = candidate
    best.feature = feature
    best.leftBin = leftBin
    best.rightBin = rightBin
  }

  /** For few rows (or many classes): sorts them by bin and moves them one by one from the right side to the left. */
  function scanRows(sample: TreeSample, node: NodeRows, feature: number): boolean {
    const { rows, packed } = sample
    const { start, end, weights, weight } = node
    const count = end - start
    sortKeys(rows, node, feature)
    if (int32At(keys, 0) >> 16 === int32At(keys, count - 1) >> 16) return false

    left.fill(0)
    let leftWeight = 0
    let leftSpread = 0
    let rightSpread = node.spreadSum
    for (let index = 0; index < count - 1; index++) {
      const key = int32At(keys, index)
      const word = int32At(packed, start + (key & 0xffff))
      const code = word & classMask
      const moved = (word >> classBits) * float64At(classWeights, code)
      const before = float64At(left, code)
      const rest = float64At(weights, code) - before
      left[code] = before + moved
      leftWeight += moved
      leftSpread += entropy ? spread(before + moved, true) - spread(before, true) : moved * (2 * before + moved)
      rightSpread += entropy ? spread(rest - moved, true) - spread(rest, true) : moved * (moved - 2 * rest)
      const bin = key >> 16
      const nextBin = int32At(keys, index + 1) >> 16
      if (bin === nextBin || index + 1 < minRowsLeaf || count - index - 1 < minRowsLeaf) continue
      const found = purity(leftSpread, leftWeight, entropy) + purity(rightSpread, weight - leftWeight, entropy)
      offer(found, feature, bin, nextBin)
    }
    return true
  }

  /** Fills the keys with `bin << 16 | position in the node`, ascending. */
  function sortKeys(rows: Int32Array, { start, end }: NodeRows, feature: number): void {
    const base = feature * rowCount
    const count = end - start
    if (count > sortLimit) {
      for (let index = 0; index < count; index++) {
        keys[index] = (uint8At(bins, base + int32At(rows, start + index)) << 16) | index
      }
      keys.subarray(0, count).sort()
      return
    }
    for (let index = 0; index < count; index++) {
      const key = (uint8At(bins, base + int32At(rows, start + index)) << 16) | index
      let place = index
      while (place > 0 && int32At(keys, place - 1) > key) {
        keys[place] = int32At(keys, place - 1)
        place--
      }
      keys[place] = key
    }
  }

  /** For many rows: counts them by bin and class, then moves bin after bin from the right side to the left. */
  function scanHistogram(sample: TreeSample, node: NodeRows, feature: number): boolean {
    countRows(sample, node, feature)
    const binCount = listOccupied()
    if (binCount > 1) scanBins(node, feature, binCount)
    clearBins(binCount)
    return binCount > 1
  }

  /** Empties what was counted; loops, because calling fill costs more than a few numbers. */
  function clearBins(binCount: number): void {
    for (let index = 0; index < binCount; index++) {
      const bin = int32At(occupied, index)
      const end = (bin + 1) << classBits
      for (let cell = bin << classBits; cell < end; cell++) histogram[cell] = 0
      seen[bin] = 0
      rowsInBin[bin] = 0
    }
  }

  function countRows(sample: TreeSample, node: NodeRows, feature: number): void {
    const { rows, packed } = sample
    const { start, end } = node
    const base = feature * rowCount
    for (let index = start; index < end; index++) {
      const bin = uint8At(bins, base + int32At(rows, index))
      const word = int32At(packed, index)
      const cell = (bin << classBits) | (word & classMask)
      histogram[cell] = int32At(histogram, cell) + (word >> classBits)
      seen[bin] = 1
    }
    if (minRowsLeaf === 1) return
    for (let index = start; index < end; index++) {
      const bin = uint8At(bins, base + int32At(rows, index))
      rowsInBin[bin] = int32At(rowsInBin, bin) + 1
    }
  }

  /** Lists the bins that have rows, in ascending order, and says how many. */
  function listOccupied(): number {
    let count = 0
    for (let word = 0; word < seenWords.length; word++) {
      if (int32At(seenWords, word) === 0) continue
      for (let bin = word << 2; bin < (word + 1) << 2; bin++) {
        if (uint8At(seen, bin) === 1) occupied[count++] = bin
      }
    }
    return count
  }

  function scanBins(node: NodeRows, feature: number, binCount: number): void {
    const { weights, weight } = node
    const count = node.end - node.start
    left.fill(0)
    let leftWeight = 0
    let leftSpread = 0
    let rightSpread = node.spreadSum
    let leftRows = 0
    for (let index = 0; index < binCount - 1; index++) {
      const bin = int32At(occupied, index)
      const base = bin << classBits
      for (let code = 0; code < classCount; code++) {
        const moved = int32At(histogram, base + code) * float64At(classWeights, code)
        if (moved === 0) continue
        const before = float64At(left, code)
        const rest = float64At(weights, code) - before
        left[code] = before + moved
        leftWeight += moved
        leftSpread += entropy ? spread(before + moved, true) - spread(before, true) : moved * (2 * before + moved)
        rightSpread += entropy ? spread(rest - moved, true) - spread(rest, true) : moved * (moved - 2 * rest)
      }
      leftRows += int32At(rowsInBin, bin)
      if (minRowsLeaf > 1 && (leftRows < minRowsLeaf || count - leftRows < minRowsLeaf)) continue
      const found = purity(leftSpread, leftWeight, entropy) + purity(rightSpread, weight - leftWeight, entropy)
      offer(found, feature, bin, int32At(occupied, index + 1))
    }
  }

  return { reset, find }
}
