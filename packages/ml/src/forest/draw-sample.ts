import { float64At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { Random } from '../random/create-random.js'
import type { ForestTask } from './forest-task.js'
import { countDraws } from './row-draws.js'

/**
 * The rows that a tree is grown on. A row drawn several times stands once, with its number of draws: that is about
 * 63 % of the rows, in ascending order, which keeps reads of the bins in order too.
 */
export interface TreeSample {
  /** Number of distinct rows; only so many entries of the arrays count. */
  length: number
  readonly rows: Int32Array
  /** Draws and class of each row in one word: `draws << classBits | code`; draws alone when there are no classes. */
  readonly packed: Int32Array
  /** Weight of each row besides its draws, or null when all weigh 1. */
  readonly weights: Float64Array | null
  /** What is to be learnt, of a regression. */
  readonly values: Float64Array | null
}

/** Bits that hold a class code. */
export function classBitsFor(classCount: number): number {
  return 32 - Math.clz32(classCount - 1)
}

/** An empty sample with room for all rows of the task. */
export function createSample({ rowCount, rowWeights, target }: ForestTask): TreeSample {
  return {
    length: 0,
    rows: new Int32Array(rowCount),
    packed: new Int32Array(rowCount),
    weights: rowWeights === null ? null : new Float64Array(rowCount),
    values: target.kind === 'values' ? new Float64Array(rowCount) : null,
  }
}

/**
 * Fills the sample for one tree; rows without weight stay out.
 * @throws MlError `invalid_weight` for a row that outweighs millions of others, whose draws no word can hold
 */
export function drawSample(task: ForestTask, random: Random, sample: TreeSample): void {
  const { rowCount, rowWeights, target, draws } = task
  const { rows, packed, weights, values } = sample
  // The rows' own array counts the draws first; the loop below reads each count before it overwrites it.
  if (draws === null) rows.fill(1)
  else countDraws(draws, random, rows)
  const classBits = target.kind === 'classes' ? classBitsFor(target.classCount) : 0
  const most = 2 ** (31 - classBits) - 1
  let length = 0
  for (let row = 0; row < rowCount; row++) {
    const drawn = int32At(rows, row)
    if (drawn === 0) continue
    if (drawn > most) {
      throw new MlError('invalid_weight', `The weight of row ${row} is too large: one tree draws it ${drawn} times`, {
        value: drawn,
      })
    }
    if (weights !== null && rowWeights !== null) {
      const weight = float64At(rowWeights, row)
      if (weight === 0) continue
      weights[length] = weight
    }
    rows[length] = row
    if (target.kind === 'classes') {
      const code = int32At(target.codes, row)
      if (float64At(target.classWeights, code) === 0) continue
      packed[length] = (drawn << classBits) | code
    } else {
      packed[length] = drawn
      if (values !== null) values[length] = float64At(target.values, row)
    }
    length++
  }
  sample.length = length
}
