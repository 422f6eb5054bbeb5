import { float64At, int32At, itemAt, uint8At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { OfferedSplit } from './class-node.js'
import { drawSplit } from './draw-split.js'
import { type FoundSplit, missingRows } from './node-scanner.js'
import type { ClassScanInput } from './scan-class-rows.js'

/** Offers one split on a feature that is drawn at random; says whether the rows differ in the feature. */
export function createRandomScan(
  { node, view, columns, minRowsLeaf }: ClassScanInput,
  rowCount: number,
): (feature: number, best: FoundSplit, random: Random) => boolean {
  const { sample, span, classBits, left } = node
  const { rows, packed } = sample
  const classCount = left.length
  const classMask = (1 << classBits) - 1
  const noted = new Uint8Array(rowCount)
  const source = { bins: view.bins, base: 0, rows, start: 0, count: 0, noted }
  const split: OfferedSplit = { feature: 0, leftBin: 0, rightBin: 0, missing: 0 }

  function scanRandom(feature: number, best: FoundSplit, random: Random): boolean {
    source.bins = view.bins
    source.base = feature * view.stride
    source.start = span.start
    source.count = span.end - span.start
    const drawn = drawSplit(source, itemAt(columns, feature), random)
    if (drawn === null) return false
    const shift = drawn.missing === missingRows.left ? 1 : 0
    const limit = drawn.leftBin + shift
    left.fill(0)
    const leftRows = sample.weights === null ? takeLeft(limit, shift) : takeLeftWeights(limit, shift, sample.weights)
    if (leftRows < minRowsLeaf || span.end - span.start - leftRows < minRowsLeaf) return true
    node.takeSides()
    split.feature = feature
    split.leftBin = drawn.leftBin
    split.rightBin = drawn.rightBin
    split.missing = drawn.missing
    if (node.offer(best, split)) best.drawn = drawn.value
    return true
  }

  /** Adds up what goes left of the bins that were noted, and says how many rows do. */
  function takeLeft(limit: number, shift: number): number {
    const { start, end } = span
    let leftRows = 0
    if (classCount > 2) {
      for (let index = start; index < end; index++) {
        const isLeft = 1 - ((limit - ((uint8At(noted, index - start) + shift) & 255)) >>> 31)
        const word = int32At(packed, index)
        const code = word & classMask
        left[code] = float64At(left, code) + isLeft * (word >> classBits)
        leftRows += isLeft
      }
      return leftRows
    }
    // Of two classes, the sums need not wait for each other in memory.
    let draws = 0
    let draws1 = 0
    for (let index = start; index < end; index++) {
      const isRight = (limit - ((uint8At(noted, index - start) + shift) & 255)) >> 31
      const word = int32At(packed, index) & ~isRight
      draws += word >> 1
      draws1 += (word >> 1) & -(word & 1)
      leftRows -= ~isRight
    }
    left[0] = draws - draws1
    left[1] = draws1
    return leftRows
  }

  function takeLeftWeights(limit: number, shift: number, rowWeights: Float64Array): number {
    const { start, end } = span
    let leftRows = 0
    for (let index = start; index < end; index++) {
      const isLeft = 1 - ((limit - ((uint8At(noted, index - start) + shift) & 255)) >>> 31)
      const word = int32At(packed, index)
      const code = word & classMask
      left[code] = float64At(left, code) + isLeft * (word >> classBits) * float64At(rowWeights, index)
      leftRows += isLeft
    }
    return leftRows
  }

  return scanRandom
}
