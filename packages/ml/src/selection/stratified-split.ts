import { type ClassLabels, countClasses } from '../data/class-labels.js'
import { int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { largestRemainders } from './largest-remainders.js'

export interface StratifiedSplitOptions {
  /** Share of rows that go to the test part, strictly between 0 and 1. */
  readonly testShare: number
  readonly seed: number
}

/** Row numbers of the two parts, each in random order; together they are all rows, once. */
export interface TrainTestSplit {
  readonly trainRows: Int32Array
  readonly testRows: Int32Array
}

/**
 * Splits rows into a training and a test part that hold the classes in the proportions of the whole. Sizes are those of
 * scikit-learn's `train_test_split(stratify=y)`: ceil(testShare * n) test rows, shared out by largest remainders.
 * @throws MlError `empty_set`, `invalid_share`, `invalid_seed`, `class_too_small` when a class has a single row,
 *   `split_too_small` when a part would have fewer rows than there are classes
 */
export function stratifiedSplit(labels: ClassLabels, options: StratifiedSplitOptions): TrainTestSplit {
  const { testShare, seed } = options
  const rowCount = labels.codes.length
  assertShare(testShare)
  if (rowCount === 0)
    throw new MlError('empty_set', 'There are no rows to split: give at least two per class', { value: 0 })
  const counts = countClasses(labels.codes, labels.classes.length)
  const testCount = Math.ceil(testShare * rowCount)
  assertSplittable({ labels, counts, testCount, testShare })

  const random = createRandom(seed)
  const trainCounts = largestRemainders(counts, rowCount - testCount, random)
  const rows = Int32Array.from(labels.codes.keys())
  random.shuffle(rows)
  const trainRows = new Int32Array(rowCount - testCount)
  const testRows = new Int32Array(testCount)
  let trainLength = 0
  let testLength = 0
  for (const row of rows) {
    const code = int32At(labels.codes, row)
    const left = int32At(trainCounts, code)
    if (left > 0) {
      trainRows[trainLength++] = row
      trainCounts[code] = left - 1
    } else testRows[testLength++] = row
  }
  return { trainRows, testRows }
}

/** Refuses a share that leaves a part empty. Throws MlError `invalid_share`. */
export function assertShare(testShare: number): void {
  if (testShare > 0 && testShare < 1) return
  throw new MlError('invalid_share', `The test share is ${testShare}: give a number between 0 and 1, such as 0.2`, {
    value: testShare,
  })
}

function assertSplittable(split: {
  readonly labels: ClassLabels
  readonly counts: Int32Array
  readonly testCount: number
  readonly testShare: number
}): void {
  const { labels, counts, testCount, testShare } = split
  const single = counts.indexOf(1)
  if (single >= 0) {
    const name = labels.classes[single]
    throw new MlError(
      'class_too_small',
      `Class ${JSON.stringify(name)} has one row: a split needs at least two rows per class`,
      {
        value: name,
      },
    )
  }
  const classCount = counts.filter((count) => count > 0).length
  const trainCount = labels.codes.length - testCount
  for (const [part, size] of Object.entries({ test: testCount, training: trainCount })) {
    if (size >= classCount) continue
    throw new MlError(
      'split_too_small',
      `A test share of ${testShare} leaves ${size} ${part} rows for ${classCount} classes: change the share, add rows, or choose a target with fewer classes`,
      { value: testShare },
    )
  }
}
