import { float64At } from '../data/element.js'
import { splitRecordLength } from './memory-places.js'

/** The best split found so far; `gain` is -1 where there is none. Written in place, so that a search makes no objects. */
export interface SplitCandidate {
  gain: number
  feature: number
  /** Last bin that goes left, of a split of numbers. */
  bin: number
  isCategorical: boolean
  missingLeft: boolean
  gradientLeft: number
  hessianLeft: number
  countLeft: number
  /** Bins that go left, of a split of categories: bit `b & 31` of word `b >> 5`. */
  readonly set: Int32Array
}

export const setWords = 8

export function noSplit(): SplitCandidate {
  return {
    gain: -1,
    feature: -1,
    bin: 0,
    isCategorical: false,
    missingLeft: false,
    gradientLeft: 0,
    hessianLeft: 0,
    countLeft: 0,
    set: new Int32Array(setWords),
  }
}

/** Whether a set has a bin. */
export function setHas(words: Int32Array, bin: number, start = 0): boolean {
  return (((words[start + (bin >> 5)] ?? 0) >>> (bin & 31)) & 1) === 1
}

export function setAdd(words: Int32Array, bin: number, start = 0): void {
  const word = start + (bin >> 5)
  words[word] = (words[word] ?? 0) | (1 << (bin & 31))
}

/** Puts a split into shared memory, as its `index`th record. */
export function writeSplit(records: Float64Array, index: number, split: SplitCandidate): void {
  const start = index * splitRecordLength
  records[start] = split.gain
  records[start + 1] = split.feature
  records[start + 2] = split.bin
  records[start + 3] = split.isCategorical ? 1 : 0
  records[start + 4] = split.missingLeft ? 1 : 0
  records[start + 5] = split.gradientLeft
  records[start + 6] = split.hessianLeft
  records[start + 7] = split.countLeft
  for (let word = 0; word < setWords; word++) records[start + 8 + word] = split.set[word] ?? 0
}

/** The best of the records `first`, `first + 2`, ..: of equal gains that of the first feature, whoever found it. Null without any. */
export function bestSplit(records: Float64Array, first: number): SplitCandidate | null {
  let best = -1
  for (let index = first; index * splitRecordLength < records.length; index += 2) {
    const start = index * splitRecordLength
    const gain = float64At(records, start)
    if (gain <= 0) continue
    // Never a read outside the list: the engine would take every read for one that may find nothing.
    if (best < 0 || isBetter(records, start, best)) best = start
  }
  return best < 0 ? null : readSplit(records, best / splitRecordLength)
}

function isBetter(records: Float64Array, start: number, best: number): boolean {
  const difference = float64At(records, start) - float64At(records, best)
  return difference > 0 || (difference === 0 && float64At(records, start + 1) < float64At(records, best + 1))
}

/** The `index`th record. */
export function readSplit(records: Float64Array, index: number): SplitCandidate {
  const start = index * splitRecordLength
  return {
    gain: float64At(records, start),
    feature: float64At(records, start + 1),
    bin: float64At(records, start + 2),
    isCategorical: records[start + 3] === 1,
    missingLeft: records[start + 4] === 1,
    gradientLeft: float64At(records, start + 5),
    hessianLeft: float64At(records, start + 6),
    countLeft: float64At(records, start + 7),
    set: Int32Array.from(records.subarray(start + 8, start + 8 + setWords)),
  }
}
