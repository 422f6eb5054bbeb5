import { float32At, int32At } from '../data/element.js'
import { createRandom } from '../random/create-random.js'

/** Bins of one feature: ranges of values that no split separates, in ascending order. */
export interface ColumnBins {
  /** Smallest and largest training value of each bin; equal when the bin is one value. */
  readonly lower: Float32Array
  readonly upper: Float32Array
  /** Whether rows lack the feature; they are in bin `missingBin`, and the others in the bins before it. */
  readonly hasMissing: boolean
}

/** A bin number is one byte. */
export const binLimit = 256

/** The bin of rows without a value. */
export const missingBin = 255

/** Of a longer column, so many rows decide where its bins end. */
export const binSampleRows = 65_536

/**
 * Groups the values of a feature into at most 256 bins (255 when some are missing). With so few distinct values each has its own
 * bin, so that splits are those of exact search; otherwise bins hold about equally many rows, and a value that fills one has it
 * alone.
 * @param values float32 values, finite or NaN, at least one
 */
export function columnBins(values: Float32Array): ColumnBins {
  // A slice lies in memory of its own, never in shared memory, which sorts slowly. NaN sorts last.
  const sorted = values.slice().sort()
  let present = sorted.length
  while (present > 0 && Number.isNaN(float32At(sorted, present - 1))) present--
  const hasMissing = present < sorted.length
  return { ...groupValues(sorted.subarray(0, present), hasMissing ? binLimit - 1 : binLimit), hasMissing }
}

/** Bins and the bin of every value, written to `bins`. A long column of many values is grouped by a sample of it. */
export function binColumn(values: Float32Array, bins: Uint8Array): ColumnBins {
  const isExact = values.length <= 2 * binSampleRows || countDistinct(values, binLimit + 1) <= binLimit
  const rough = columnBins(isExact ? values : sampleOf(values))
  // A sample of a column that lacks nearly all values may have none.
  const isWhole = isExact || rough.upper.length === 0
  if (isWhole) {
    const column = isExact ? rough : columnBins(values)
    assignBins(values, column, bins)
    return column
  }
  // A value that only the whole column has may lie beyond the last bin of the sample.
  const bounds = rough.upper.slice()
  bounds[bounds.length - 1] = Infinity
  const hasMissing = lacksSome(values)
  const kept = hasMissing ? bounds.subarray(-(binLimit - 1)) : bounds
  assignBins(values, { upper: kept }, bins)
  return { ...extremesByBin(values, bins, kept.length), hasMissing }
}

function groupValues(sorted: Float32Array, limit: number): Pick<ColumnBins, 'lower' | 'upper'> {
  const starts = runStarts(sorted)
  const runCount = starts.length
  const lower: number[] = []
  const upper: number[] = []
  let run = 0
  while (run < runCount) {
    const first = run
    const begin = starts[run] ?? 0
    const target = runCount <= limit ? 1 : (sorted.length - begin) / (limit - lower.length)
    const runEnd = (index: number) => starts[index + 1] ?? sorted.length
    run++
    while (
      run < runCount &&
      runEnd(run - 1) - begin < target &&
      closerWith(begin, runEnd(run - 1), runEnd(run), target)
    )
      run++
    lower.push(float32At(sorted, starts[first] ?? 0))
    upper.push(float32At(sorted, runEnd(run - 1) - 1))
  }
  return { lower: Float32Array.from(lower), upper: Float32Array.from(upper) }
}

/** Whether a bin comes nearer to its target size with the next distinct value than without it. */
function closerWith(begin: number, end: number, nextEnd: number, target: number): boolean {
  return nextEnd - begin - target <= target - (end - begin)
}

/** Positions in ascending values at which a new distinct value begins. */
function runStarts(sorted: Float32Array): number[] {
  const starts: number[] = []
  for (let index = 0; index < sorted.length; index++) {
    if (index === 0 || float32At(sorted, index) !== float32At(sorted, index - 1)) starts.push(index)
  }
  return starts
}

/** Number of distinct values (NaN is one), counted up to a limit. */
function countDistinct(values: Float32Array, limit: number): number {
  const seen = new Set<number>()
  for (let row = 0; row < values.length && seen.size < limit; row++) seen.add(float32At(values, row))
  return seen.size
}

function lacksSome(values: Float32Array): boolean {
  for (let row = 0; row < values.length; row++) if (Number.isNaN(float32At(values, row))) return true
  return false
}

/** Rows drawn at random, always the same ones for a length: neighbouring rows may be alike. */
function sampleOf(values: Float32Array): Float32Array {
  const random = createRandom(values.length)
  const sample = new Float32Array(binSampleRows)
  for (let index = 0; index < sample.length; index++) {
    sample[index] = float32At(values, random.intBelow(values.length))
  }
  return sample
}

/** Smallest and largest value in each bin; each bin has at least the value of the sample at which it ends. */
function extremesByBin(values: Float32Array, bins: Uint8Array, binCount: number): Pick<ColumnBins, 'lower' | 'upper'> {
  const lower = new Float32Array(binLimit).fill(Infinity)
  const upper = new Float32Array(binLimit).fill(-Infinity)
  for (let row = 0; row < values.length; row++) {
    const value = float32At(values, row)
    const bin = bins[row] as number
    if (value < float32At(lower, bin)) lower[bin] = value
    if (value > float32At(upper, bin)) upper[bin] = value
  }
  return { lower: lower.slice(0, binCount), upper: upper.slice(0, binCount) }
}

/** Cells of the table that narrows the search for a bin. */
const gridSize = 2048

/** Writes the bin of every value to `bins`: the first bin whose largest value is not below it; NaN goes to `missingBin`. */
export function assignBins(values: Float32Array, { upper }: Pick<ColumnBins, 'upper'>, bins: Uint8Array): void {
  const last = upper.length - 1
  if (last < 1) {
    for (let row = 0; row < values.length; row++) bins[row] = Number.isNaN(float32At(values, row)) ? missingBin : 0
    return
  }
  // Between the first and the last bound but one, a cell of the grid tells the bin at which the search begins.
  const low = float32At(upper, 0)
  const scale = gridSize / (float32At(upper, last - 1) - low)
  const starts = gridStarts(upper, low, scale)
  for (let row = 0; row < values.length; row++) {
    const value = float32At(values, row)
    if (Number.isNaN(value)) {
      bins[row] = missingBin
      continue
    }
    const cell = (value - low) * scale
    let bin = cell > 0 ? int32At(starts, cell < gridSize ? cell | 0 : gridSize) : 0
    // Outliers may crowd the bins into one cell; wide steps first keep the search short even then.
    while (bin + 16 <= last && value > float32At(upper, bin + 15)) bin += 16
    while (bin < last && value > float32At(upper, bin)) bin++
    bins[row] = bin
  }
}

/** By cell: a bin not above that of any value in the cell, whichever way the cell's number was rounded. */
function gridStarts(upper: Float32Array, low: number, scale: number): Int32Array {
  const starts = new Int32Array(gridSize + 1)
  if (!Number.isFinite(scale)) return starts
  let bin = 0
  for (let cell = 1; cell <= gridSize; cell++) {
    // One cell lower than the value's own, so that rounding never starts above its bin.
    const floor = low + (cell - 1) / scale
    while (bin < upper.length - 1 && floor > float32At(upper, bin)) bin++
    starts[cell] = bin
  }
  return starts
}
