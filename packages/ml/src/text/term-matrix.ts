import { float32At, float64At, int32At } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { MlError } from '../ml-error.js'
import type { TermCounts } from './count-terms.js'

/** How counts become values. */
export interface Weighting {
  readonly binary: boolean
  readonly sublinearTf: boolean
  /** By feature; null leaves counts as they are. */
  readonly idf: Float32Array | null
  readonly norm: 'l1' | 'l2' | null
}

export interface TermMatrixInput {
  readonly counts: TermCounts
  /** Position of each row's text; -1 where it is missing. */
  readonly textOfRow: Int32Array
  /** Feature by term; null where terms are numbered like the features. */
  readonly positions: Int32Array | null
  readonly width: number
  readonly weighting: Weighting
}

/** Entries that a sparse matrix may have. */
const entriesMax = 2 ** 30

/** Features from here on are rarely sorted by hand: below, insertion is faster than the library. */
const insertionMax = 32

/**
 * The weighted counts as sparse rows. Each text is weighted once, however many rows have it.
 * @throws MlError `memory_limit`
 */
export function termMatrix(input: TermMatrixInput): SparseMatrix {
  const { textOfRow, width } = input
  const texts = weightedTexts(input)
  const rowCount = textOfRow.length
  const rowStarts = new Int32Array(rowCount + 1)
  let length = 0
  for (let row = 0; row < rowCount; row++) {
    const text = int32At(textOfRow, row)
    if (text >= 0) length += int32At(texts.starts, text + 1) - int32At(texts.starts, text)
    if (length > entriesMax) {
      throw new MlError(
        'memory_limit',
        `The texts have over ${entriesMax} terms: give fewer rows or set max_features`,
        { value: length },
      )
    }
    rowStarts[row + 1] = length
  }
  const columnIds = new Int32Array(length)
  const values = new Float32Array(length)
  for (let row = 0; row < rowCount; row++) {
    const text = int32At(textOfRow, row)
    if (text < 0) continue
    let to = int32At(rowStarts, row)
    for (let from = int32At(texts.starts, text); from < int32At(texts.starts, text + 1); from++) {
      columnIds[to] = int32At(texts.ids, from)
      values[to++] = float32At(texts.values, from)
    }
  }
  return { kind: 'sparse', rowCount, columnCount: width, rowStarts, columnIds, values, columnNames: null }
}

interface Texts {
  readonly starts: Int32Array
  readonly ids: Int32Array
  readonly values: Float32Array
}

function weightedTexts({ counts, positions, weighting }: TermMatrixInput): Texts {
  const textCount = counts.starts.length - 1
  const starts = new Int32Array(textCount + 1)
  const ids = new Int32Array(counts.terms.length)
  const values = new Float32Array(counts.terms.length)
  let at = 0
  for (let text = 0; text < textCount; text++) {
    const from = at
    for (let entry = int32At(counts.starts, text); entry < int32At(counts.starts, text + 1); entry++) {
      const term = int32At(counts.terms, entry)
      const position = positions === null ? term : int32At(positions, term)
      if (position < 0) continue
      ids[at] = position
      values[at++] = int32At(counts.counts, entry)
    }
    sortByFeature(ids, values, from, at)
    weigh(ids, values, from, at, weighting)
    starts[text + 1] = at
  }
  return { starts, ids, values }
}

function sortByFeature(ids: Int32Array, values: Float32Array, from: number, to: number): void {
  if (to - from > insertionMax) {
    sortLong(ids, values, from, to)
    return
  }
  for (let next = from + 1; next < to; next++) {
    const [id, value] = [int32At(ids, next), float32At(values, next)]
    let at = next
    for (; at > from && int32At(ids, at - 1) > id; at--) {
      ids[at] = int32At(ids, at - 1)
      values[at] = float32At(values, at - 1)
    }
    ids[at] = id
    values[at] = value
  }
}

/** One number holds the feature and the count, so that the library can sort them together. */
function sortLong(ids: Int32Array, values: Float32Array, from: number, to: number): void {
  const countLimit = 2 ** 22
  const keys = new Float64Array(to - from)
  for (let at = from; at < to; at++)
    keys[at - from] = int32At(ids, at) * countLimit + Math.min(float32At(values, at), countLimit - 1)
  keys.sort()
  for (let at = from; at < to; at++) {
    const key = float64At(keys, at - from)
    const id = Math.floor(key / countLimit)
    ids[at] = id
    values[at] = key - id * countLimit
  }
}

/** Each product is rounded to float32, the norm is summed in doubles: as the nodes of the file do. */
function weigh(ids: Int32Array, values: Float32Array, from: number, to: number, weighting: Weighting): void {
  const { binary, sublinearTf, idf, norm } = weighting
  let total = 0
  for (let at = from; at < to; at++) {
    if (binary) values[at] = 1
    if (sublinearTf) values[at] = 1 + Math.log(float32At(values, at))
    if (idf !== null) values[at] = float32At(values, at) * float32At(idf, int32At(ids, at))
    const value = float32At(values, at)
    total += norm === 'l1' ? Math.abs(value) : value * value
  }
  if (norm === null || total === 0) return
  const size = norm === 'l1' ? total : Math.sqrt(total)
  for (let at = from; at < to; at++) values[at] = float32At(values, at) / size
}
