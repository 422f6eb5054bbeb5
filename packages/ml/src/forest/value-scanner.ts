import { float64At, int32At, itemAt, uint8At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import { binLimit, missingBin } from './bin-column.js'
import { createSample, drawSample } from './draw-sample.js'
import { drawSplit } from './draw-split.js'
import type { ForestTask } from './forest-task.js'
import { type BinView, type FeatureRange, type FoundSplit, missingRows, type NodeScanner } from './node-scanner.js'
import { createOccupiedBins } from './occupied-bins.js'
import { movePartition } from './partition-side.js'
import { sortKeys, sortLimit } from './sort-keys.js'
import type { LeafBuffer } from './tree-buffer.js'

/**
 * Scans nodes of regression trees: the squared error of a side is least when sum^2 / weight is greatest. The values have their middle
 * near zero, so that little is lost to rounding.
 */
export function createValueScanner(task: ForestTask, view: BinView, leaves: LeafBuffer): NodeScanner {
  const { columns, settings } = task
  const { minRowsLeaf } = settings
  const sample = createSample(task)
  const { rows, packed } = sample
  const values = sample.values ?? new Float64Array(0)
  const binSums = new Float64Array(binLimit)
  const binWeights = new Float64Array(binLimit)
  const rowsInBin = new Int32Array(binLimit)
  const occupied = createOccupiedBins()
  // Rows of one bin, which no split separates, in ascending order of their bins.
  const groups = {
    bins: new Int32Array(binLimit),
    sums: new Float64Array(binLimit),
    weights: new Float64Array(binLimit),
    rows: new Int32Array(binLimit),
  }
  const keys = new Int32Array(sortLimit)
  const noted = new Uint8Array(settings.randomSplits ? task.rowCount : 0)
  const source = { bins: view.bins, base: 0, rows, start: 0, count: 0, noted }
  const node = { start: 0, end: 0, weight: 0, sum: 0, least: 0, greatest: 0 }
  const moved = movePartition(sample)
  let total = 0
  let minWeightLeaf = 0

  function begin(random: Random): number {
    drawSample(task, random, sample)
    weigh(0, sample.length)
    total = node.weight
    minWeightLeaf = settings.minWeightShareLeaf * total
    return sample.length
  }

  function weightAt(index: number): number {
    const draws = int32At(packed, index)
    return sample.weights === null ? draws : draws * float64At(sample.weights, index)
  }

  function weigh(start: number, end: number): void {
    let weight = 0
    let sum = 0
    let least = Infinity
    let greatest = -Infinity
    for (let index = start; index < end; index++) {
      const value = float64At(values, index)
      const part = weightAt(index)
      weight += part
      sum += part * value
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
    node.start = start
    node.end = end
    node.weight = weight
    node.sum = sum
    node.least = least
    node.greatest = greatest
  }

  /** Points the source at the bins of a feature. */
  function look(feature: number): void {
    source.bins = view.bins
    source.base = feature * view.stride
    source.start = node.start
    source.count = node.end - node.start
  }

  function scan({ list, start, end }: FeatureRange, best: FoundSplit): boolean {
    let separated = false
    for (let index = start; index < end; index++) {
      if (scanFeature(int32At(list, index), best)) separated = true
    }
    return separated
  }

  function scanFeature(feature: number, best: FoundSplit): boolean {
    look(feature)
    const count = source.count <= sortLimit ? groupSorted() : groupCounted()
    if (count < 2) return false
    const someMissing = itemAt(columns, feature).hasMissing && int32At(groups.bins, count - 1) === missingBin
    moveGroups({ feature, count, first: 0, missing: someMissing ? missingRows.right : missingRows.none }, best)
    if (someMissing) moveGroups({ feature, count, first: count - 1, missing: missingRows.left }, best)
    return true
  }

  /** Groups few rows by sorting them, and says how many groups there are. */
  function groupSorted(): number {
    const { bins, sums, weights, rows: sizes } = groups
    sortKeys(keys, source)
    let group = -1
    let last = -1
    for (let place = 0; place < source.count; place++) {
      const key = int32At(keys, place)
      const index = node.start + (key & 0xffff)
      const bin = key >> 16
      if (bin !== last) {
        group++
        last = bin
        bins[group] = bin
        sums[group] = 0
        weights[group] = 0
        sizes[group] = 0
      }
      const weight = weightAt(index)
      sums[group] = float64At(sums, group) + weight * float64At(values, index)
      weights[group] = float64At(weights, group) + weight
      sizes[group] = int32At(sizes, group) + 1
    }
    return group + 1
  }

  /** Groups many rows by counting them by bin. */
  function groupCounted(): number {
    sumByBin()
    const count = occupied.list()
    const { bins, sums, weights, rows: sizes } = groups
    for (let group = 0; group < count; group++) {
      const bin = int32At(occupied.bins, group)
      bins[group] = bin
      sums[group] = float64At(binSums, bin)
      weights[group] = float64At(binWeights, bin)
      sizes[group] = int32At(rowsInBin, bin)
    }
    binSums.fill(0)
    binWeights.fill(0)
    if (minRowsLeaf > 1) rowsInBin.fill(0)
    occupied.clear()
    return count
  }

  function sumByBin(): void {
    const { bins, base } = source
    const { seen } = occupied
    for (let index = node.start; index < node.end; index++) {
      const bin = uint8At(bins, base + int32At(rows, index))
      const weight = weightAt(index)
      binWeights[bin] = float64At(binWeights, bin) + weight
      binSums[bin] = float64At(binSums, bin) + weight * float64At(values, index)
      seen[bin] = 1
    }
    if (minRowsLeaf === 1) return
    for (let index = node.start; index < node.end; index++) {
      const bin = uint8At(bins, base + int32At(rows, index))
      rowsInBin[bin] = int32At(rowsInBin, bin) + 1
    }
  }

  /** Moves group after group to the left, beginning with the `first`, which is the last when those without a value go left. */
  function moveGroups(
    order: { readonly feature: number; readonly count: number; readonly first: number; readonly missing: number },
    best: FoundSplit,
  ): void {
    const { feature, count, first, missing } = order
    const { bins, sums, weights, rows: sizes } = groups
    const rowCount = node.end - node.start
    const most = node.weight - minWeightLeaf
    let leftSum = first > 0 ? float64At(sums, first) : 0
    let leftWeight = first > 0 ? float64At(weights, first) : 0
    let leftRows = first > 0 ? int32At(sizes, first) : 0
    const end = first > 0 ? first : count
    let purest = best.purity
    let found = -1
    for (let group = 0; group < end - 1; group++) {
      leftSum += float64At(sums, group)
      leftWeight += float64At(weights, group)
      leftRows += int32At(sizes, group)
      if (minRowsLeaf > 1 && (leftRows < minRowsLeaf || rowCount - leftRows < minRowsLeaf)) continue
      const purity = purityOf(leftSum, leftWeight)
      if (purity > purest && leftWeight >= minWeightLeaf && leftWeight <= most && purity !== Infinity) {
        purest = purity
        found = group
      }
    }
    if (found < 0) return
    keep(best, feature, purest)
    best.leftBin = int32At(bins, found)
    best.rightBin = int32At(bins, found + 1)
    best.missing = missing
  }

  /** Of both sides together, with one division. */
  function purityOf(leftSum: number, leftWeight: number): number {
    const rightSum = node.sum - leftSum
    const rightWeight = node.weight - leftWeight
    return (leftSum * leftSum * rightWeight + rightSum * rightSum * leftWeight) / (leftWeight * rightWeight)
  }

  function keep(best: FoundSplit, feature: number, purity: number): void {
    best.purity = purity
    best.feature = feature
    best.drawn = Number.NaN
  }

  function scanRandom(feature: number, best: FoundSplit, random: Random): boolean {
    look(feature)
    const drawn = drawSplit(source, itemAt(columns, feature), random)
    if (drawn === null) return false
    const shift = drawn.missing === missingRows.left ? 1 : 0
    const limit = drawn.leftBin + shift
    let leftSum = 0
    let leftWeight = 0
    let leftRows = 0
    for (let index = node.start; index < node.end; index++) {
      const isLeft = 1 - ((limit - ((uint8At(noted, index - node.start) + shift) & 255)) >>> 31)
      const weight = isLeft * weightAt(index)
      leftWeight += weight
      leftSum += weight * float64At(values, index)
      leftRows += isLeft
    }
    if (leftRows < minRowsLeaf || source.count - leftRows < minRowsLeaf) return true
    if (leftWeight < minWeightLeaf || node.weight - leftWeight < minWeightLeaf) return true
    const purity = purityOf(leftSum, leftWeight)
    if (!(purity > best.purity) || purity === Infinity) return true
    keep(best, feature, purity)
    best.leftBin = drawn.leftBin
    best.rightBin = drawn.rightBin
    best.missing = drawn.missing
    best.drawn = drawn.value
    return true
  }

  return {
    begin,
    weigh,
    scan,
    scanRandom,
    totalWeight: () => total,
    isPure: () => node.least === node.greatest,
    purity: () => (node.sum * node.sum) / node.weight,
    partition: (split) => moved.partition(view, node, split),
    rows: () => rows,
    addLeaf: () => leaves.addValue(node.least === node.greatest ? node.least : node.sum / node.weight, node.weight),
  }
}
