import { float64At, int32At } from '../data/element.js'

const digitBits = 11
const digitCount = 2 ** digitBits
/** Three digits of a word of 32 bits: the last has ten. */
const shifts = [0, digitBits, 2 * digitBits] as const

/** Below, comparing is as fast as counting digits. */
const radixMin = 500
/** Up to so many, putting each in its place is faster than any other way. */
const insertMax = 24

/** Which half of a number is looked at: 1 the high one (sign, exponent, 20 bits), 0 the rest. */
type Half = 0 | 1

/**
 * Sorts numbers in place, ascending, without NaN and -0 among them. A radix sort by the high half of each; what is then equal there is mostly one
 * value, or few, and is sorted by itself. Some times faster than comparing.
 */
export function sortDoubles(values: Float64Array): void {
  if (values.length < radixMin) {
    values.sort()
    return
  }
  sortByHalf(values, 1)
  const words = wordsOf(values)
  let from = 0
  for (let index = 1; index <= values.length; index++) {
    if (index < values.length && int32At(words, 2 * index + 1) === int32At(words, 2 * from + 1)) continue
    if (index - from > 1) sortRest(values, from, index)
    from = index
  }
}

/** Sorts numbers of one high half. */
function sortRest(values: Float64Array, from: number, to: number): void {
  if (to - from <= insertMax) insertEach(values, from, to)
  else if (!isSorted(values, from, to)) {
    const rest = values.subarray(from, to)
    if (rest.length < radixMin) rest.sort()
    else sortByHalf(rest, 0)
  }
}

function isSorted(values: Float64Array, from: number, to: number): boolean {
  for (let index = from + 1; index < to; index++)
    if (float64At(values, index - 1) > float64At(values, index)) return false
  return true
}

function insertEach(values: Float64Array, from: number, to: number): void {
  for (let index = from + 1; index < to; index++) {
    const value = float64At(values, index)
    let place = index
    while (place > from && float64At(values, place - 1) > value) {
      values[place] = float64At(values, place - 1)
      place--
    }
    values[place] = value
  }
}

/** Sorts by one half as an unsigned integer, digit by digit from the last; a digit that all share is left out. */
function sortByHalf(values: Float64Array, half: Half): void {
  let source = values
  let target: Float64Array = new Float64Array(values.length)
  const counts = countDigits(wordsOf(values), half)
  for (const [digit, shift] of shifts.entries()) {
    const places = placesOf(counts.subarray(digit * digitCount, (digit + 1) * digitCount), values.length)
    if (places === undefined) continue
    scatter(source, target, { half, shift, places })
    ;[source, target] = [target, source]
  }
  if (source !== values) values.set(source)
}

const wordsOf = (values: Float64Array) => new Int32Array(values.buffer, values.byteOffset, 2 * values.length)

/**
 * A word whose order as an unsigned integer is that of the numbers: of negative ones all bits are turned, of others the sign.
 */
function keyOf(words: Int32Array, index: number, half: Half): number {
  const negative = int32At(words, 2 * index + 1) >> 31
  return int32At(words, 2 * index + half) ^ (half === 1 ? negative | 0x80000000 : negative)
}

function countDigits(words: Int32Array, half: Half): Int32Array {
  const counts = new Int32Array(shifts.length * digitCount)
  for (let index = 0; 2 * index < words.length; index++) {
    const key = keyOf(words, index, half)
    countOne(counts, key & (digitCount - 1))
    countOne(counts, digitCount + ((key >>> shifts[1]) & (digitCount - 1)))
    countOne(counts, 2 * digitCount + (key >>> shifts[2]))
  }
  return counts
}

function countOne(counts: Int32Array, place: number): void {
  counts[place] = int32At(counts, place) + 1
}

/** Where the numbers of each digit go, in place of how many there are; undefined where all have one, and stay. */
function placesOf(counts: Int32Array, length: number): Int32Array | undefined {
  let sum = 0
  for (let digit = 0; digit < digitCount; digit++) {
    const count = int32At(counts, digit)
    if (count === length) return undefined
    counts[digit] = sum
    sum += count
  }
  return counts
}

interface Digit {
  readonly half: Half
  readonly shift: number
  readonly places: Int32Array
}

function scatter(source: Float64Array, target: Float64Array, { half, shift, places }: Digit): void {
  const words = wordsOf(source)
  for (let index = 0; index < source.length; index++) {
    const digit = (keyOf(words, index, half) >>> shift) & (digitCount - 1)
    const place = int32At(places, digit)
    places[digit] = place + 1
    target[place] = float64At(source, index)
  }
}
