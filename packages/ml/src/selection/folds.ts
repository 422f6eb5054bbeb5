import { type ClassLabels, countClasses } from '../data/class-labels.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import type { TrainTestSplit } from './stratified-split.js'

export interface FoldOptions {
  /** 2 or more. */
  readonly folds: number
  /** Puts rows into folds by chance; null, the default, keeps neighbours together, as scikit-learn does without `shuffle`. */
  readonly seed?: number | null
}

/**
 * Splits rows so that each is tested once: the first `rows % folds` folds have one row more (scikit-learn's `KFold`).
 * @throws MlError `split_too_small` for fewer rows than folds
 */
export function kFold(rowCount: number, { folds, seed = null }: FoldOptions): TrainTestSplit[] {
  assertFolds(folds, rowCount, 'rows')
  const order = Int32Array.from({ length: rowCount }, (_, row) => row)
  if (seed !== null) createRandom(seed).shuffle(order)
  const foldOf = new Int32Array(rowCount)
  let start = 0
  for (let fold = 0; fold < folds; fold++) {
    const end = start + Math.floor(rowCount / folds) + (fold < rowCount % folds ? 1 : 0)
    for (let index = start; index < end; index++) foldOf[int32At(order, index)] = fold
    start = end
  }
  return splitsOf(foldOf, folds)
}

/**
 * The same with the classes in each fold as in the whole (scikit-learn's `StratifiedKFold`).
 * @throws MlError `class_too_small` when no class has as many rows as there are folds
 */
export function stratifiedKFold(labels: ClassLabels, { folds, seed = null }: FoldOptions): TrainTestSplit[] {
  const { codes } = labels
  assertFolds(folds, codes.length, 'rows')
  const counts = countClasses(codes, labels.classes.length)
  const greatest = counts.reduce((before, count) => Math.max(before, count), 0)
  if (greatest < folds) {
    throw new MlError('class_too_small', `The largest class has ${greatest} rows: ${folds} folds need as many`, {
      value: greatest,
    })
  }
  const random = seed === null ? null : createRandom(seed)
  const foldOf = new Int32Array(codes.length)
  for (const [code, places] of placesByClass(codes, labels.classes.length, folds).entries()) {
    random?.shuffle(places)
    let next = 0
    for (let row = 0; row < codes.length; row++) if (codes[row] === code) foldOf[row] = int32At(places, next++)
  }
  return splitsOf(foldOf, folds)
}

/**
 * Splits rows so that a group is never in both parts: the largest groups go first, each to the fold with the fewest rows
 * (scikit-learn's `GroupKFold`).
 * @param groups group code of each row
 * @throws MlError `split_too_small` for fewer groups than folds
 */
export function groupKFold(groups: Int32Array, { folds }: Pick<FoldOptions, 'folds'>): TrainTestSplit[] {
  const sizes = new Map<number, number>()
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  assertFolds(folds, sizes.size, 'groups')
  // Equal sizes: the greater code first, as numpy's reversed sort gives.
  const ranked = [...sizes].sort(([a, sizeA], [b, sizeB]) => sizeB - sizeA || b - a)
  const filled = new Float64Array(folds)
  const foldOfGroup = new Map<number, number>()
  for (const [group, size] of ranked) {
    let lightest = 0
    for (let fold = 1; fold < folds; fold++) if (float64At(filled, fold) < float64At(filled, lightest)) lightest = fold
    filled[lightest] = float64At(filled, lightest) + size
    foldOfGroup.set(group, lightest)
  }
  return splitsOf(
    groups.map((group) => foldOfGroup.get(group) ?? 0),
    folds,
  )
}

/**
 * Splits rows of a series: each fold is tested on the rows that follow those it is trained on (scikit-learn's `TimeSeriesSplit`).
 * @param times moment of each row; rows are ordered by it, equal ones as they stand
 * @throws MlError `split_too_small` for fewer rows than folds + 1
 */
export function timeSeriesFolds(times: Float64Array, { folds }: Pick<FoldOptions, 'folds'>): TrainTestSplit[] {
  assertFolds(folds, times.length - 1, 'later rows')
  const order = orderByTime(times)
  const testSize = Math.floor(times.length / (folds + 1))
  return Array.from({ length: folds }, (_, fold) => {
    const start = times.length - (folds - fold) * testSize
    return { trainRows: order.slice(0, start), testRows: order.slice(start, start + testSize) }
  })
}

/** Row numbers in the order of their moments; equal ones as they stand. */
export function orderByTime(times: Float64Array): Int32Array {
  const row = times.findIndex((time) => !Number.isFinite(time))
  if (row >= 0) {
    throw new MlError('non_finite_value', `Row ${row} has no moment: a split by time needs one for each row`, {
      value: times[row],
    })
  }
  return Int32Array.from(times.keys()).sort((a, b) => float64At(times, a) - float64At(times, b) || a - b)
}

/**
 * By class, the folds of its rows in their order: rows sorted by class are dealt out like cards, so that sizes of folds and of classes
 * within folds differ by one at most. Classes count in the order of their first row.
 */
function placesByClass(codes: Int32Array, classCount: number, folds: number): Int32Array[] {
  const firstSeen = [...new Set(codes)]
  const counts = countClasses(codes, classCount)
  const places = Array.from({ length: classCount }, () => new Int32Array(0))
  let position = 0
  for (const code of firstSeen) {
    const perFold = new Int32Array(folds)
    for (let index = 0; index < int32At(counts, code); index++) {
      const fold = position++ % folds
      perFold[fold] = int32At(perFold, fold) + 1
    }
    places[code] = Int32Array.from([...perFold].flatMap((count, fold) => new Array<number>(count).fill(fold)))
  }
  return places
}

function splitsOf(foldOf: Int32Array, folds: number): TrainTestSplit[] {
  return Array.from({ length: folds }, (_, fold) => {
    const trainRows: number[] = []
    const testRows: number[] = []
    for (let row = 0; row < foldOf.length; row++) (itemAt(foldOf, row) === fold ? testRows : trainRows).push(row)
    return { trainRows: Int32Array.from(trainRows), testRows: Int32Array.from(testRows) }
  })
}

function assertFolds(folds: number, count: number, what: string): void {
  if (Number.isSafeInteger(folds) && folds >= 2 && folds <= count) return
  throw new MlError(
    'split_too_small',
    `${folds} folds cannot be made of ${count} ${what}: give ${count < 2 ? 'more rows' : `2 to ${count} folds`}`,
    {
      value: folds,
    },
  )
}
