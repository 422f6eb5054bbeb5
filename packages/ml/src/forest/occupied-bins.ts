import { int32At, uint8At } from '../data/element.js'
import { binLimit, missingBin } from './bin-column.js'

/** The bins that rows of a node fall into, in ascending order. */
export interface OccupiedBins {
  /** One byte per bin, 1 where there are rows; to be filled by the caller and cleared by `clear`. */
  readonly seen: Uint8Array
  /** The first `count` entries are bins. */
  readonly bins: Int32Array
  /** Lists the bins that were seen and says how many. */
  list(): number
  /** Moves the missing rows, which are last, to the front. */
  putMissingFirst(count: number): void
  clear(): void
}

export function createOccupiedBins(): OccupiedBins {
  const seen = new Uint8Array(binLimit)
  const seenWords = new Int32Array(seen.buffer)
  const bins = new Int32Array(binLimit + 1)

  return {
    seen,
    bins,
    list() {
      let count = 0
      // Without a branch: which bins are seen is as good as random to the processor.
      for (let bin = 0; bin < binLimit; bin++) {
        bins[count] = bin
        count += uint8At(seen, bin)
      }
      return count
    },
    putMissingFirst(count) {
      for (let index = count - 1; index > 0; index--) bins[index] = int32At(bins, index - 1)
      bins[0] = missingBin
    },
    clear() {
      // A loop, because a call of fill costs more than so few numbers.
      for (let word = 0; word < seenWords.length; word++) seenWords[word] = 0
    },
  }
}
