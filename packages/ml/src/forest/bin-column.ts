import { float32At } from '../data/element.js'

/** Bins of one feature: ranges of values that no split separates, in ascending order. */
export interface ColumnBins {
  /** Smallest and largest training value of each bin; equal when the bin is one value. */
  readonly lower: Float32Array
  readonly upper: Float32Array
}

/** A bin number is one byte. */
export const binLimit = 256

/**
 * Groups the values of a feature into at most 256 bins. With at most 256 distinct values each has its own bin, so that
 * splits are those of exact search; otherwise bins hold about equally many rows, and a value that fills one has it alone.
 * @param values finite float32 values, at least one
 */
export function columnBins(values: Float32Array): ColumnBins {
  // A slice lies in memory of its own, never in shared memory, which sorts slowly.
  const sorted = values.slice().sort()
  const starts = runStarts(sorted)
  const runCount = starts.length
  const lower: number[] = []
  const upper: number[] = []
  let run = 0
  while (run < runCount) {
    const first = run
    const begin = starts[run] ?? 0
    const target = runCount <= binLimit ? 1 : (sorted.length - begin) / (binLimit - lower.length)
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

/** Writes the bin of every value to `bins`: the first bin whose largest value is not below it. */
export function assignBins(values: Float32Array, { upper }: ColumnBins, bins: Uint8Array): void {
  // Padded to a power of two, the search has always the same eight steps.
  const bounds = new Float32Array(binLimit).fill(Infinity)
  bounds.set(upper)
  for (let row = 0; row < values.length; row++) {
    const value = float32At(values, row)
    let bin = 0
    for (let step = binLimit >>> 1; step > 0; step >>>= 1) {
      if (value > float32At(bounds, bin + step - 1)) bin += step
    }
    bins[row] = bin
  }
}
