import { float64At, int32At, itemAt } from '../data/element.js'
import { type ColumnBins, missingBin } from './bin-column.js'
import type { ClassNode, OfferedSplit } from './class-node.js'
import { type BinView, type FoundSplit, missingRows } from './node-scanner.js'
import { sortKeys } from './sort-keys.js'

/** Offers the best split on a feature; says whether the rows differ in it. */
export type FeatureScan = (feature: number, best: FoundSplit) => boolean

/** What scans of nodes need to know. */
export interface ClassScanInput {
  readonly node: ClassNode
  readonly view: BinView
  readonly columns: readonly ColumnBins[]
  readonly minRowsLeaf: number
}

/**
 * For few rows (or many classes): sorts them by bin and moves them one by one from the right side to the left.
 * @param rowLimit most rows of a node
 */
export function createRowScan({ node, view, columns, minRowsLeaf }: ClassScanInput, rowLimit: number): FeatureScan {
  const { sample, span, classBits, classWeights } = node
  const { rows, packed } = sample
  const classMask = (1 << classBits) - 1
  const keys = new Int32Array(rowLimit)
  const source = { bins: view.bins, base: 0, rows, start: 0, count: 0 }
  const split: OfferedSplit = { feature: 0, leftBin: 0, rightBin: 0, missing: 0 }

  function scanRows(feature: number, best: FoundSplit): boolean {
    const count = span.end - span.start
    source.bins = view.bins
    source.base = feature * view.stride
    source.start = span.start
    source.count = count
    sortKeys(keys, source)
    if (int32At(keys, 0) >> 16 === int32At(keys, count - 1) >> 16) return false
    let present = count
    if (itemAt(columns, feature).hasMissing) {
      while (present > 0 && int32At(keys, present - 1) >> 16 === missingBin) present--
    }
    moveRows(feature, best, 0, present === count ? missingRows.none : missingRows.right)
    if (present < count) moveRows(feature, best, present, missingRows.left)
    return true
  }

  /** @param first the row that is moved first; those before it, if any, have a value and follow the last, which have none */
  function moveRows(feature: number, best: FoundSplit, first: number, missing: number): void {
    const { start, end } = span
    const rowWeights = sample.weights
    const count = end - start
    node.reset()
    for (let step = 0; step < count - 1; step++) {
      const place = first + step < count ? first + step : first + step - count
      const key = int32At(keys, place)
      const index = start + (key & 0xffff)
      const word = int32At(packed, index)
      const code = word & classMask
      const draws = (word >> classBits) * float64At(classWeights, code)
      node.move(code, rowWeights === null ? draws : draws * float64At(rowWeights, index))
      const bin = key >> 16
      const nextBin = int32At(keys, place + 1 < count ? place + 1 : 0) >> 16
      if (bin === nextBin || step + 1 < minRowsLeaf || count - step - 1 < minRowsLeaf) continue
      // With the missing rows on the left, a split of theirs alone was offered the other way round.
      if (first > 0 && bin === missingBin) continue
      split.feature = feature
      split.leftBin = bin
      split.rightBin = nextBin
      split.missing = missing
      node.offer(best, split)
    }
  }

  return scanRows
}
