import { int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'

/** How rows are dealt to folds. */
export interface FoldPlan {
  readonly foldCount: number
  readonly shuffle: boolean
  readonly seed: number
}

/**
 * The fold of each row: of classes in equal shares (scikit-learn's StratifiedKFold), otherwise in runs of equal length (KFold).
 * @param codes class by row; null where rows are not of classes
 * @throws MlError `split_too_small` when there are fewer rows than folds
 */
export function foldOfRows(rowCount: number, codes: Int32Array | null, plan: FoldPlan): Int32Array {
  const { foldCount, shuffle, seed } = plan
  if (rowCount < foldCount) {
    throw new MlError(
      'split_too_small',
      `There are ${rowCount} rows for ${foldCount} folds: give more rows or fewer folds`,
      {
        value: rowCount,
      },
    )
  }
  const random = createRandom(seed)
  const folds = new Int32Array(rowCount)
  const deal = (rows: Int32Array, counts: readonly number[]) => {
    const dealt = Int32Array.from(counts.flatMap((count, fold) => new Array<number>(count).fill(fold)))
    if (shuffle) random.shuffle(dealt)
    for (let index = 0; index < rows.length; index++) folds[int32At(rows, index)] = int32At(dealt, index)
  }
  if (codes === null) {
    const all = Int32Array.from(folds.keys())
    deal(all, sharesOf(rowCount, foldCount, 0))
    return folds
  }
  // The folds go round over all classes one after the other, so that each fold has as many rows in all.
  let dealt = 0
  for (const code of new Set(codes)) {
    const rows = Int32Array.from([...codes.keys()].filter((row) => codes[row] === code))
    deal(rows, sharesOf(rows.length, foldCount, dealt % foldCount))
    dealt += rows.length
  }
  return folds
}

/** How many of so many rows each fold gets, when the first of them goes to fold `first`. */
function sharesOf(count: number, foldCount: number, first: number): number[] {
  return Array.from({ length: foldCount }, (_, fold) => {
    const place = (fold - first + foldCount) % foldCount
    return Math.floor(count / foldCount) + (place < count % foldCount ? 1 : 0)
  })
}
