import { int32At, itemAt } from '../data/element.js'
import { createRandom } from '../random/create-random.js'
import type { TermTables } from './count-terms.js'
import { unknownCharacter } from './fold-character.js'
import type { Analysis } from './scan-text.js'

/** 2^31 - 1, a prime: every product below stays under 2^53, so doubles here and int64 in a file agree. */
export const hashPrime = 2_147_483_647

/** What the hash so far is multiplied by before the next word or character is added. */
export const hashStep = 1_000_003

/** Spreads neighbouring hashes over the columns. */
export const hashSpread = 48_271

/** Characters of a word beyond these places do not count. */
const placeCount = 64

/** Weights of the characters of a word by place, below 2^25: the sum over all places stays under 2^52. The last is 0. */
export const placeWeights: readonly number[] = (() => {
  const random = createRandom(2_166_136_261)
  return [...Array.from({ length: placeCount }, () => 1 + 2 * random.intBelow(2 ** 24)), 0]
})()

/** The hash of a word, 0..hashPrime - 1. */
export function hashWord(codes: ArrayLike<number>, alphabet: ReadonlySet<number>): number {
  let sum = 0
  for (let place = 0; place < Math.min(codes.length, placeCount); place++) {
    const code = itemAt(codes, place)
    sum += (alphabet.has(code) ? code : unknownCharacter) * itemAt(placeWeights, place)
  }
  return sum % hashPrime
}

/** Where a term counts, and whether it is taken off there. */
export interface HashedTerms {
  readonly columns: Int32Array
  readonly signs: Int8Array
}

/** Column and sign of every numbered term. */
export function hashTerms(
  { words, terms }: TermTables,
  alphabet: ReadonlySet<number>,
  target: { readonly analyzer: Analysis['analyzer']; readonly width: number; readonly alternateSign: boolean },
): HashedTerms {
  const { analyzer, width, alternateSign } = target
  const wordHashes = new Float64Array(words.size)
  for (let word = 0; word < words.size; word++) wordHashes[word] = 1 + hashWord(words.items(word), alphabet)
  const tokenOf = (item: number) => {
    if (analyzer === 'word') return itemAt(wordHashes, item)
    return alphabet.has(item) ? item : unknownCharacter
  }
  const columns = new Int32Array(terms.size)
  const signs = new Int8Array(terms.size)
  for (let term = 0; term < terms.size; term++) {
    const items = terms.items(term)
    let hash = tokenOf(int32At(items, 0))
    for (let at = 1; at < items.length; at++) hash = (hash * hashStep + tokenOf(int32At(items, at))) % hashPrime
    const spread = (hash * hashSpread) % hashPrime
    columns[term] = spread % width
    signs[term] = alternateSign && Math.floor(spread / width) % 2 === 1 ? -1 : 1
  }
  return { columns, signs }
}
