import { float32At, int32At, uint8At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import { type ColumnBins, missingBin } from './bin-column.js'
import { missingRows } from './node-scanner.js'
import type { KeySource } from './sort-keys.js'

/** A split that was drawn; see `FoundSplit`. */
export interface DrawnSplit {
  leftBin: number
  rightBin: number
  missing: number
  value: number
}

/** Rows of a node, and where to note the bin of each for whoever divides them. */
export interface DrawSource extends KeySource {
  readonly noted: Uint8Array
}

const split: DrawnSplit = { leftBin: 0, rightBin: 0, missing: 0, value: 0 }

/**
 * Draws a threshold evenly between the smallest and the largest value of a node, as scikit-learn's random splitter does; where it falls
 * into a bin of several values, it is moved to the nearer end of the bin. Rows without a value go to either side with equal chance.
 * @returns null when the rows are all alike; the same object each time
 */
export function drawSplit(source: DrawSource, column: ColumnBins, random: Random): DrawnSplit | null {
  const { bins, base, rows, start, count, noted } = source
  const { lower, upper } = column
  const last = column.hasMissing ? missingBin - 1 : missingBin
  let least = missingBin + 1
  let greatest = -1
  let missing = 0
  for (let place = 0; place < count; place++) {
    const bin = uint8At(bins, base + int32At(rows, start + place))
    noted[place] = bin
    if (bin > last) missing++
    else {
      if (bin < least) least = bin
      if (bin > greatest) greatest = bin
    }
  }
  if (greatest < 0 || (least === greatest && missing === 0)) return null
  if (least === greatest) {
    split.leftBin = greatest
    split.rightBin = missingBin
    split.missing = missingRows.right
    split.value = Infinity
    return split
  }
  split.missing = missing === 0 ? missingRows.none : random.intBelow(2) === 0 ? missingRows.left : missingRows.right
  const low = float32At(lower, least)
  const value = low + (float32At(upper, greatest) - low) * random.float()
  let bin = least
  let above = greatest
  // The last bin that begins at or below the value.
  while (bin + 1 < above) {
    const middle = (bin + above) >> 1
    if (float32At(lower, middle) <= value) bin = middle
    else above = middle
  }
  const isInside = value < float32At(upper, bin)
  const goesRight = isInside && value - float32At(lower, bin) < float32At(upper, bin) - value
  split.leftBin = goesRight && bin > least ? bin - 1 : bin
  split.rightBin = split.leftBin + 1
  const threshold = Math.fround(value)
  const isBetween = threshold >= float32At(upper, split.leftBin) && threshold < float32At(lower, split.rightBin)
  split.value = isBetween ? threshold : Number.NaN
  return split
}
