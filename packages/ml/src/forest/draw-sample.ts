import { int32At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { ForestTask } from './forest-task.js'

/**
 * The rows that a tree is grown on. A row drawn several times stands once, with its number of draws: that is about
 * 63 % of the rows, in ascending order, which keeps reads of the bins in order too.
 */
export interface TreeSample {
  /** Number of distinct rows; only so many entries of the arrays count. */
  length: number
  readonly rows: Int32Array
  /** Draws and class of each row in one word: `draws << classBits | code`. */
  readonly packed: Int32Array
}

/** Bits that hold a class code. */
export function classBitsFor(classCount: number): number {
  return 32 - Math.clz32(classCount - 1)
}

/** An empty sample with room for all rows of the task. */
export function createSample({ rowCount }: ForestTask): TreeSample {
  return { length: 0, rows: new Int32Array(rowCount), packed: new Int32Array(rowCount) }
}

/** Fills the sample for one tree: as many draws with replacement as there are rows, or every row once. */
export function drawSample(task: ForestTask, random: Random, sample: TreeSample): void {
  const { rowCount, codes, classCount, settings } = task
  const classBits = classBitsFor(classCount)
  const { rows, packed } = sample
  if (settings.bootstrap) {
    // The rows' own array counts the draws first; the loop below reads each count before it overwrites it.
    rows.fill(0)
    for (let draw = 0; draw < rowCount; draw++) {
      const row = random.intBelow(rowCount)
      rows[row] = int32At(rows, row) + 1
    }
  } else rows.fill(1)
  let length = 0
  for (let row = 0; row < rowCount; row++) {
    const draws = int32At(rows, row)
    if (draws === 0) continue
    rows[length] = row
    packed[length] = (draws << classBits) | int32At(codes, row)
    length++
  }
  sample.length = length
}
