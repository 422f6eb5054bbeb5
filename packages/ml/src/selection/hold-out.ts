import { float64At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { orderByTime } from './folds.js'
import { assertShare, type StratifiedSplitOptions, type TrainTestSplit } from './stratified-split.js'

/**
 * Splits rows by chance: ceil(testShare * n) test rows, as scikit-learn's `train_test_split`.
 * @throws MlError `invalid_share`, `invalid_seed` or `split_too_small` when a part would be empty
 */
export function randomSplit(rowCount: number, { testShare, seed }: StratifiedSplitOptions): TrainTestSplit {
  assertShare(testShare)
  const testCount = Math.ceil(testShare * rowCount)
  assertParts(rowCount - testCount, testCount, testShare)
  const rows = Int32Array.from({ length: rowCount }, (_, row) => row)
  createRandom(seed).shuffle(rows)
  return { trainRows: rows.slice(testCount), testRows: rows.slice(0, testCount) }
}

/**
 * Splits rows so that a group is never in both parts: ceil(testShare * groups) groups are tested (scikit-learn's
 * `GroupShuffleSplit`).
 * @param groups group code of each row
 * @throws MlError `invalid_share`, `invalid_seed` or `split_too_small` when a part would be empty
 */
export function groupSplit(groups: Int32Array, { testShare, seed }: StratifiedSplitOptions): TrainTestSplit {
  const codes = [...new Set(groups)]
  const { testRows: chosen } = randomSplit(codes.length, { testShare, seed })
  const tested = new Set(Array.from(chosen, (index) => codes[index]))
  const rows = Int32Array.from(groups.keys())
  return {
    trainRows: rows.filter((row) => !tested.has(groups[row])),
    testRows: rows.filter((row) => tested.has(groups[row])),
  }
}

/**
 * Tests on the newest rows: at least ceil(testShare * n), rows of one moment together.
 * @param times moment of each row
 * @throws MlError `invalid_share`, `non_finite_value` or `split_too_small` when a part would be empty
 */
export function timeSplit(times: Float64Array, testShare: number): TrainTestSplit {
  assertShare(testShare)
  const order = orderByTime(times)
  let start = times.length - Math.ceil(testShare * times.length)
  const timeAt = (index: number) => float64At(times, int32At(order, index))
  while (start > 0 && timeAt(start - 1) === timeAt(start)) start--
  assertParts(start, times.length - start, testShare)
  return { trainRows: order.slice(0, start), testRows: order.slice(start) }
}

function assertParts(trainCount: number, testCount: number, testShare: number): void {
  if (trainCount > 0 && testCount > 0) return
  throw new MlError(
    'split_too_small',
    `A test share of ${testShare} leaves ${trainCount} training and ${testCount} test parts: change the share or add rows`,
    { value: testShare },
  )
}
