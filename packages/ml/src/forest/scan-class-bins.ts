import { float64At, int32At, itemAt, uint8At } from '../data/element.js'
import { binLimit, missingBin } from './bin-column.js'
import type { OfferedSplit } from './class-node.js'
import { type FeatureRange, type FoundSplit, missingRows } from './node-scanner.js'
import { createOccupiedBins, type OccupiedBins } from './occupied-bins.js'
import type { ClassScanInput } from './scan-class-rows.js'

/** Weight by bin and class, `bin << classBits | code`, and which bins have any. */
interface ClassHistogram {
  readonly cells: Float64Array
  readonly occupied: OccupiedBins
}

interface CountedBins {
  readonly slot: ClassHistogram
  /** Number of occupied bins. */
  readonly count: number
}

/** Features that are counted in one go through the rows; `countFour` is written for so many. */
const countedAtOnce = 4

/** For many rows: counts them by bin and class, then moves bin after bin from the right side to the left. */
export function createBinScan(
  { node, view, columns, minRowsLeaf }: ClassScanInput,
  { classCount, entropy }: { readonly classCount: number; readonly entropy: boolean },
): (features: FeatureRange, best: FoundSplit) => boolean {
  const { sample, span, classBits, classWeights, weights } = node
  const { rows, packed } = sample
  const classMask = (1 << classBits) - 1
  // With many classes, several features would not fit into the processor's cache.
  const isPlain = minRowsLeaf === 1 && sample.weights === null && classCount <= 16
  const slots: readonly ClassHistogram[] = Array.from({ length: isPlain ? countedAtOnce : 1 }, () => ({
    cells: new Float64Array(binLimit << classBits),
    occupied: createOccupiedBins(),
  }))
  const firstSlot = itemAt(slots, 0)
  const rowsInBin = new Int32Array(binLimit)
  const split: OfferedSplit = { feature: 0, leftBin: 0, rightBin: 0, missing: 0 }

  function scanMany({ list, start, end }: FeatureRange, best: FoundSplit): boolean {
    let separated = false
    let index = start
    for (; isPlain && index + countedAtOnce <= end; index += countedAtOnce) {
      countFour(list, index)
      for (let slot = 0; slot < countedAtOnce; slot++) {
        if (scanCounted(int32At(list, index + slot), best, itemAt(slots, slot))) separated = true
      }
    }
    for (; index < end; index++) if (scanHistogram(int32At(list, index), best)) separated = true
    return separated
  }

  function scanHistogram(feature: number, best: FoundSplit): boolean {
    countRows(feature)
    const varies = scanCounted(feature, best, firstSlot)
    if (minRowsLeaf > 1) rowsInBin.fill(0)
    return varies
  }

  /** Scans what was counted, and clears it. */
  function scanCounted(feature: number, best: FoundSplit, slot: ClassHistogram): boolean {
    const { occupied } = slot
    const count = occupied.list()
    if (count > 1) {
      const someMissing = itemAt(columns, feature).hasMissing && uint8At(occupied.seen, missingBin) === 1
      if (classCount === 2 && !entropy && !someMissing) scanTwoClasses(feature, best, { slot, count })
      else moveBins(feature, best, { slot, count, missing: someMissing ? missingRows.right : missingRows.none })
      if (someMissing) {
        occupied.putMissingFirst(count)
        moveBins(feature, best, { slot, count, missing: missingRows.left })
      }
    }
    clearCells(slot, count)
    occupied.clear()
    return count > 1
  }

  /** Empties what was counted; a call of fill costs more than a few numbers. */
  function clearCells({ cells, occupied }: ClassHistogram, count: number): void {
    if (count << classBits > 256) {
      cells.fill(0)
      return
    }
    for (let index = 0; index < count; index++) {
      const first = int32At(occupied.bins, index) << classBits
      for (let cell = first; cell < first + (1 << classBits); cell++) cells[cell] = 0
    }
  }

  function countRows(feature: number): void {
    const { start, end } = span
    const { bins } = view
    const { cells, occupied } = firstSlot
    const { seen } = occupied
    const base = feature * view.stride
    if (sample.weights === null) {
      for (let index = start; index < end; index++) {
        const bin = uint8At(bins, base + int32At(rows, index))
        const word = int32At(packed, index)
        const cell = (bin << classBits) | (word & classMask)
        cells[cell] = float64At(cells, cell) + (word >> classBits)
        seen[bin] = 1
      }
    } else countWeights(feature, sample.weights)
    if (minRowsLeaf === 1) return
    for (let index = start; index < end; index++) {
      const bin = uint8At(bins, base + int32At(rows, index))
      rowsInBin[bin] = int32At(rowsInBin, bin) + 1
    }
  }

  /** Four features at once: each row is read once, and the four additions need not wait for each other. */
  function countFour(features: Int32Array, first: number): void {
    const { start, end } = span
    const { bins, stride } = view
    const base0 = int32At(features, first) * stride
    const base1 = int32At(features, first + 1) * stride
    const base2 = int32At(features, first + 2) * stride
    const base3 = int32At(features, first + 3) * stride
    const { cells: cells0, occupied: occupied0 } = itemAt(slots, 0)
    const { cells: cells1, occupied: occupied1 } = itemAt(slots, 1)
    const { cells: cells2, occupied: occupied2 } = itemAt(slots, 2)
    const { cells: cells3, occupied: occupied3 } = itemAt(slots, 3)
    const [seen0, seen1, seen2, seen3] = [occupied0.seen, occupied1.seen, occupied2.seen, occupied3.seen]
    for (let index = start; index < end; index++) {
      const row = int32At(rows, index)
      const word = int32At(packed, index)
      const code = word & classMask
      const draws = word >> classBits
      const bin0 = uint8At(bins, base0 + row)
      const bin1 = uint8At(bins, base1 + row)
      const bin2 = uint8At(bins, base2 + row)
      const bin3 = uint8At(bins, base3 + row)
      const cell0 = (bin0 << classBits) | code
      const cell1 = (bin1 << classBits) | code
      const cell2 = (bin2 << classBits) | code
      const cell3 = (bin3 << classBits) | code
      cells0[cell0] = float64At(cells0, cell0) + draws
      cells1[cell1] = float64At(cells1, cell1) + draws
      cells2[cell2] = float64At(cells2, cell2) + draws
      cells3[cell3] = float64At(cells3, cell3) + draws
      seen0[bin0] = 1
      seen1[bin1] = 1
      seen2[bin2] = 1
      seen3[bin3] = 1
    }
  }

  function countWeights(feature: number, rowWeights: Float64Array): void {
    const { bins } = view
    const { cells, occupied } = firstSlot
    const { seen } = occupied
    const base = feature * view.stride
    for (let index = span.start; index < span.end; index++) {
      const bin = uint8At(bins, base + int32At(rows, index))
      const word = int32At(packed, index)
      const cell = (bin << classBits) | (word & classMask)
      cells[cell] = float64At(cells, cell) + (word >> classBits) * float64At(rowWeights, index)
      seen[bin] = 1
    }
  }

  function moveBins(feature: number, best: FoundSplit, work: CountedBins & { readonly missing: number }): void {
    const { slot, count: binCount, missing } = work
    const { cells, occupied } = slot
    const count = span.end - span.start
    let leftRows = 0
    node.reset()
    for (let index = 0; index < binCount - 1; index++) {
      const bin = int32At(occupied.bins, index)
      const base = bin << classBits
      for (let code = 0; code < classCount; code++) {
        const weight = float64At(cells, base + code) * float64At(classWeights, code)
        if (weight !== 0) node.move(code, weight)
      }
      leftRows += int32At(rowsInBin, bin)
      if (minRowsLeaf > 1 && (leftRows < minRowsLeaf || count - leftRows < minRowsLeaf)) continue
      if (missing === missingRows.left && bin === missingBin) continue
      split.feature = feature
      split.leftBin = bin
      split.rightBin = int32At(occupied.bins, index + 1)
      split.missing = missing
      node.offer(best, split)
    }
  }

  /** The same for the commonest case, Gini of two classes: this is where a forest spends its time. */
  function scanTwoClasses(feature: number, best: FoundSplit, { slot, count: binCount }: CountedBins): void {
    const { cells, occupied } = slot
    const { bins } = occupied
    const count = span.end - span.start
    const total0 = float64At(weights, 0)
    const total1 = float64At(weights, 1)
    const weight0 = float64At(classWeights, 0)
    const weight1 = float64At(classWeights, 1)
    const weight = node.weight()
    const minWeightLeaf = node.minWeight()
    const most = weight - minWeightLeaf
    let left0 = 0
    let left1 = 0
    let leftRows = 0
    // With weights a and b of the classes, a side of weight w is as impure as a b / w: w - (a^2 + b^2) / w is twice that. The least sum of
    // both sides is kept as a fraction, so that only what is better is divided.
    let least = (weight - best.purity) / 2
    let found = -1
    for (let index = 0; index < binCount - 1; index++) {
      const bin = int32At(bins, index)
      left0 += float64At(cells, 2 * bin) * weight0
      left1 += float64At(cells, 2 * bin + 1) * weight1
      if (minRowsLeaf > 1) {
        leftRows += int32At(rowsInBin, bin)
        if (leftRows < minRowsLeaf || count - leftRows < minRowsLeaf) continue
      }
      const leftWeight = left0 + left1
      const rightWeight = weight - leftWeight
      const impurity = left0 * left1 * rightWeight + (total0 - left0) * (total1 - left1) * leftWeight
      const scale = leftWeight * rightWeight
      if (impurity < least * scale && leftWeight >= minWeightLeaf && leftWeight <= most) {
        least = impurity / scale
        found = index
      }
    }
    if (found < 0) return
    best.purity = weight - 2 * least
    best.feature = feature
    best.leftBin = int32At(bins, found)
    best.rightBin = int32At(bins, found + 1)
    best.missing = missingRows.none
    best.drawn = Number.NaN
  }

  return scanMany
}
