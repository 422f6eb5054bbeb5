import { int32At, itemAt } from '../data/element.js'

/** Digits of a key: three of eleven bits. */
const digits = [0, 11, 22] as const
const digitCount = 2048

type DigitLists = readonly [Int32Array, Int32Array, Int32Array]

/** From so many on the fixed cost of counting digits is worth it. */
const lengthMin = 2000

/**
 * The values in ascending order, without NaN among them; -0 and 0 in any order. A radix sort, some times faster than comparing.
 */
export function sortFloats(values: Float32Array): Float32Array {
  if (values.length < lengthMin) return values.slice().sort()
  let keys = new Int32Array(values.slice().buffer)
  let other = new Int32Array(values.length)
  const starts: DigitLists = [new Int32Array(digitCount), new Int32Array(digitCount), new Int32Array(digitCount)]
  turnToKeys(keys, starts)
  for (const [place, shift] of digits.entries()) {
    passOver(keys, other, { shift, starts: itemAt(starts, place) })
    const moved = keys
    keys = other
    other = moved
  }
  return fromKeys(keys)
}

/**
 * Turns the bits of floats into numbers whose order as unsigned integers is that of the floats: negative ones have all bits turned, others
 * the sign. Counts their digits on the way, and makes of the counts where the keys of each digit begin.
 */
function turnToKeys(keys: Int32Array, [low, middle, high]: DigitLists): void {
  const [lowShift, middleShift, highShift] = digits
  for (let index = 0; index < keys.length; index++) {
    const bits = int32At(keys, index)
    const key = bits ^ ((bits >> 31) | 0x80000000)
    keys[index] = key
    count(low, key >>> lowShift)
    count(middle, key >>> middleShift)
    count(high, key >>> highShift)
  }
  for (const list of [low, middle, high]) {
    let start = 0
    for (let digit = 0; digit < digitCount; digit++) {
      const found = int32At(list, digit)
      list[digit] = start
      start += found
    }
  }
}

function count(list: Int32Array, digits: number): void {
  const digit = digits & (digitCount - 1)
  list[digit] = int32At(list, digit) + 1
}

function fromKeys(keys: Int32Array<ArrayBuffer>): Float32Array {
  for (let index = 0; index < keys.length; index++) {
    const key = int32At(keys, index)
    keys[index] = key ^ (~(key >> 31) | 0x80000000)
  }
  return new Float32Array(keys.buffer)
}

/** Puts keys in the order of one digit, equal ones in the order they have; `starts` tells where those of each digit begin. */
function passOver(
  from: Int32Array,
  to: Int32Array,
  digit: { readonly shift: number; readonly starts: Int32Array },
): void {
  const { shift, starts } = digit
  for (let index = 0; index < from.length; index++) {
    const key = int32At(from, index)
    const place = (key >>> shift) & (digitCount - 1)
    const at = int32At(starts, place)
    starts[place] = at + 1
    to[at] = key
  }
}
