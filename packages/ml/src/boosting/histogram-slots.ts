import { MlError } from '../ml-error.js'

/** Which of a fixed number of histograms are in use; the lowest free one is given first. */
export interface HistogramSlots {
  take(): number
  free(slot: number): void
  /** How many are not in use. */
  left(): number
  reset(): void
}

export function createSlots(slotCount: number): HistogramSlots {
  let available: number[] = []
  const reset = () => {
    available = Array.from({ length: slotCount }, (_, slot) => slotCount - 1 - slot)
  }
  reset()
  return {
    take() {
      const slot = available.pop()
      if (slot === undefined) {
        throw new MlError('memory_limit', `More than ${slotCount} histograms were needed at a time`, {
          value: slotCount,
        })
      }
      return slot
    },
    free(slot) {
      available.push(slot)
    },
    left: () => available.length,
    reset,
  }
}

/**
 * How many histograms growing a tree needs at a time, without those of nodes that are made ready before they are split. With a limit of leaves one for every leaf that may still be split; without one the
 * smaller child is grown out first, so the sizes of those waiting halve.
 */
export function slotsNeeded(shape: {
  readonly trainCount: number
  readonly maxLeafNodes: number
  readonly maxDepth: number
  readonly minSamplesLeaf: number
}): number {
  const { trainCount, maxLeafNodes, maxDepth } = shape
  if (maxLeafNodes === Infinity) return Math.min(Math.ceil(Math.log2(trainCount + 1)), maxDepth) + 2
  return leavesPossible(shape) + 1
}

/** The most leaves that a tree can have. */
export function leavesPossible(shape: {
  readonly trainCount: number
  readonly maxLeafNodes: number
  readonly maxDepth: number
  readonly minSamplesLeaf: number
}): number {
  const { trainCount, maxLeafNodes, maxDepth, minSamplesLeaf } = shape
  return Math.max(1, Math.min(maxLeafNodes, 2 ** Math.min(maxDepth, 31), Math.floor(trainCount / minSamplesLeaf)))
}
