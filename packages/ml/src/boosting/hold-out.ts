import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { stratifiedSplit } from '../selection/stratified-split.js'

/**
 * Which rows to train on and which to hold out for early stopping, evenly by class where there are classes.
 * @param held number or share of rows; null holds none
 * @returns the rows to train on in ascending order, then those held out
 * @throws MlError `split_too_small`, `class_too_small`
 */
export function holdOut(input: {
  readonly rowCount: number
  readonly strata: Int32Array | null
  readonly held: number | null
  readonly seed: number
}): { readonly order: Int32Array; readonly trainCount: number } {
  const { rowCount, strata, held } = input
  const all = Int32Array.from({ length: rowCount }, (_, row) => row)
  if (held === null) return { order: all, trainCount: rowCount }
  const share = held < 1 ? held : held / rowCount
  const heldCount = Math.ceil(share * rowCount)
  if (heldCount >= rowCount) {
    throw new MlError('split_too_small', `Holding ${heldCount} of ${rowCount} rows out leaves none to train on`, {
      value: held,
    })
  }
  const seed = deriveSeed(input.seed, 0)
  if (strata !== null) {
    const classes = Array.from({ length: Math.max(...new Set(strata)) + 1 }, (_, code) => `${code}`)
    const split = stratifiedSplit({ kind: 'class_labels', codes: strata, classes }, { testShare: share, seed })
    return ordered(split.trainRows, split.testRows)
  }
  createRandom(seed).shuffle(all)
  return ordered(all.slice(heldCount), all.slice(0, heldCount))
}

function ordered(train: Int32Array, test: Int32Array): { readonly order: Int32Array; readonly trainCount: number } {
  const order = new Int32Array(train.length + test.length)
  order.set(train.sort())
  order.set(test.sort(), train.length)
  return { order, trainCount: train.length }
}
