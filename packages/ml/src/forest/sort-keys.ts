import { int32At, uint8At } from '../data/element.js'

/** Up to this many rows, sorting them one by one is cheaper than a histogram, and than the sort of the platform. */
export const sortLimit = 24

/** Rows of a node by their bin: `bin << 16 | position in the node`. */
export interface KeySource {
  readonly bins: Uint8Array
  /** Where the bins of the feature begin. */
  readonly base: number
  readonly rows: Int32Array
  readonly start: number
  readonly count: number
}

/** Fills the first keys with `bin << 16 | position in the node`, ascending. */
export function sortKeys(keys: Int32Array, source: KeySource): void {
  const { bins, base, rows, start, count } = source
  if (count > sortLimit) {
    for (let index = 0; index < count; index++) {
      keys[index] = (uint8At(bins, base + int32At(rows, start + index)) << 16) | index
    }
    keys.subarray(0, count).sort()
    return
  }
  for (let index = 0; index < count; index++) {
    const key = (uint8At(bins, base + int32At(rows, start + index)) << 16) | index
    let place = index
    while (place > 0 && int32At(keys, place - 1) > key) {
      keys[place] = int32At(keys, place - 1)
      place--
    }
    keys[place] = key
  }
}
