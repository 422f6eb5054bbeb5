import { float64At, int32At } from '../data/element.js'

const digitCount = 65_536

/** From so many on counting digits is faster than comparing. */
const lengthMin = 4096

/** Rows whose value is finite, by ascending value, equal ones in their order: a radix sort of doubles. */
export function orderRows(values: Float64Array): Int32Array {
  const rows = new Int32Array(values.length)
  let count = 0
  for (let row = 0; row < values.length; row++) if (Number.isFinite(float64At(values, row))) rows[count++] = row
  const kept = rows.subarray(0, count)
  if (count < lengthMin) return kept.sort((a, b) => float64At(values, a) - float64At(values, b) || a - b)
  return sortByDigits(values, kept)
}

function sortByDigits(values: Float64Array, rows: Int32Array): Int32Array {
  const words = keyWords(values)
  let from = rows
  let to: Int32Array = new Int32Array(rows.length)
  for (const [word, shift] of [
    [0, 0],
    [0, 16],
    [1, 0],
    [1, 16],
  ] as const) {
    if (!passOver(from, to, { words, word, shift })) continue
    const moved = from
    from = to
    to = moved
  }
  return from
}

/** Low and high words whose order as unsigned integers is that of the doubles: negative ones have all bits turned, others the sign. */
function keyWords(values: Float64Array): Int32Array {
  // Adding 0 makes one zero of both, whose bits differ.
  const words = new Int32Array(values.map((value) => value + 0).buffer)
  for (let at = 0; at < words.length; at += 2) {
    const turned = int32At(words, at + 1) >> 31
    words[at] = int32At(words, at) ^ turned
    words[at + 1] = int32At(words, at + 1) ^ (turned | 0x80000000)
  }
  return words
}

/** Puts rows in the order of one digit; false, and nothing done, where all have the same. */
function passOver(
  from: Int32Array,
  to: Int32Array,
  { words, word, shift }: { readonly words: Int32Array; readonly word: number; readonly shift: number },
): boolean {
  const starts = new Int32Array(digitCount + 1)
  for (let at = 0; at < from.length; at++) {
    const digit = (int32At(words, 2 * int32At(from, at) + word) >>> shift) & 0xffff
    starts[digit + 1] = int32At(starts, digit + 1) + 1
  }
  if (starts.includes(from.length)) return false
  for (let digit = 0; digit < digitCount; digit++) {
    starts[digit + 1] = int32At(starts, digit + 1) + int32At(starts, digit)
  }
  for (let at = 0; at < from.length; at++) {
    const row = int32At(from, at)
    const digit = (int32At(words, 2 * row + word) >>> shift) & 0xffff
    const place = int32At(starts, digit)
    starts[digit] = place + 1
    to[place] = row
  }
  return true
}

/**
 * The rank of each row by its value, from 1, ties at the mean of their places, as scipy's `rankdata`; NaN for rows that `order` has not.
 * @param order rows by ascending value
 */
export function rankRows(values: Float64Array, order: Int32Array): Float64Array {
  const ranks = new Float64Array(values.length).fill(Number.NaN)
  for (let start = 0; start < order.length; ) {
    const value = float64At(values, int32At(order, start))
    let end = start + 1
    while (end < order.length && float64At(values, int32At(order, end)) === value) end++
    for (let at = start; at < end; at++) ranks[int32At(order, at)] = (start + end + 1) / 2
    start = end
  }
  return ranks
}
