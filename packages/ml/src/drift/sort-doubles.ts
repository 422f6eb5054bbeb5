import { int32At } from '../data/element.js'

/** Digits of a key of 64 bits: six of eleven bits, three in each half. */
const shifts = [0, 11, 22] as const
const digitCount = 2048

/** Below, comparing is as fast as counting digits. */
const lengthMin = 4000

/** Sorts numbers in place, ascending, without NaN among them; a radix sort, some times faster than comparing. */
export function sortDoubles(values: Float64Array): void {
  const { length } = values
  if (length < lengthMin) {
    values.sort()
    return
  }
  const words = new Int32Array(values.buffer, values.byteOffset, length * 2)
  let low = new Int32Array(length)
  let high = new Int32Array(length)
  toKeys(words, low, high)
  let otherLow = new Int32Array(length)
  let otherHigh = new Int32Array(length)
  for (let pass = 0; pass < 6; pass++) {
    const digits = pass < 3 ? low : high
    const shift = shifts[(pass % 3) as 0 | 1 | 2]
    const starts = startsOf(digits, shift)
    if (starts === undefined) continue
    for (let index = 0; index < length; index++) {
      const digit = (int32At(digits, index) >>> shift) & (digitCount - 1)
      const place = int32At(starts, digit)
      starts[digit] = place + 1
      otherLow[place] = int32At(low, index)
      otherHigh[place] = int32At(high, index)
    }
    ;[low, otherLow, high, otherHigh] = [otherLow, low, otherHigh, high]
  }
  fromKeys(words, low, high)
}

/** Words whose order as unsigned integers is that of the numbers: negative ones have all bits turned, others the sign. */
function toKeys(words: Int32Array, low: Int32Array, high: Int32Array): void {
  for (let index = 0; index < low.length; index++) {
    const top = int32At(words, 2 * index + 1)
    const mask = top >> 31
    low[index] = int32At(words, 2 * index) ^ mask
    high[index] = top ^ (mask | 0x80000000)
  }
}

function fromKeys(words: Int32Array, low: Int32Array, high: Int32Array): void {
  for (let index = 0; index < low.length; index++) {
    const top = int32At(high, index)
    const mask = ~(top >> 31)
    words[2 * index] = int32At(low, index) ^ mask
    words[2 * index + 1] = top ^ (mask | 0x80000000)
  }
}

/** Where the keys of each digit go; undefined where all have one, and stay. */
function startsOf(keys: Int32Array, shift: number): Int32Array | undefined {
  const starts = new Int32Array(digitCount + 1)
  for (let index = 0; index < keys.length; index++) {
    const digit = (int32At(keys, index) >>> shift) & (digitCount - 1)
    starts[digit + 1] = int32At(starts, digit + 1) + 1
  }
  for (let digit = 0; digit < digitCount; digit++) {
    if (int32At(starts, digit + 1) === keys.length) return undefined
    starts[digit + 1] = int32At(starts, digit + 1) + int32At(starts, digit)
  }
  return starts
}
