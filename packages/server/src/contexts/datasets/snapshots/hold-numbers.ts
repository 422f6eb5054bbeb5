import type { NumbersReader } from './profile-values.js'

/** The values of a column while they are brought here, in any order. */
export interface HeldNumbers {
  /** Takes values; a missing one is a NaN. */
  take(values: Float64Array, length: number): void
  /** What they are, given how many are missing. */
  end(missing: number): HeldFigures
}

export interface HeldFigures {
  /** Of the finite values. */
  readonly count: number
  readonly min: number
  readonly max: number
  /** How many of infinity and minus infinity are there. */
  readonly infinities: number
  readonly hasNaN: boolean
  /** Gives the finite values to a reader in ascending order. */
  readInto(reader: NumbersReader): void
}

/** Holds up to so many values. */
export function holdNumbers(rows: number): HeldNumbers {
  const held = new Float64Array(rows)
  let count = 0
  let nans = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let before = Number.NEGATIVE_INFINITY
  let isAscending = true
  let hasInfinity = false
  let hasMinusInfinity = false
  return {
    take(values, length) {
      for (let index = 0; index < length; index += 1) {
        const value = values[index] as number
        if (value - value !== 0) {
          if (value === Number.POSITIVE_INFINITY) hasInfinity = true
          else if (value === Number.NEGATIVE_INFINITY) hasMinusInfinity = true
          else nans += 1
          continue
        }
        if (value < before) isAscending = false
        before = value
        if (value < min) min = value
        if (value > max) max = value
        held[count] = value
        count += 1
      }
    },
    end(missing) {
      const values = held.subarray(0, count)
      return {
        count,
        min,
        max,
        infinities: (hasInfinity ? 1 : 0) + (hasMinusInfinity ? 1 : 0),
        hasNaN: nans > missing,
        readInto(reader) {
          const groups = isAscending ? undefined : countOnGrid(values, min, max)
          if (groups === undefined) reader.take(isAscending ? values : sortNumbers(values), count)
          else reader.take(groups.values, groups.values.length, groups.weights)
        },
      }
    },
  }
}

/** Steps that values often stand on: whole numbers, days, hours, minutes and seconds in microseconds; and parts of one. */
const wholeSteps = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1000, 1] as const
const partsOfOne = [10, 100, 1000, 10_000] as const

/** Counting is quicker than sorting while the steps are not many times as many as the values. */
const stepsPerValueMax = 16
/** Counters take 4 bytes each. */
const countersMax = 2 ** 25

interface Groups {
  readonly values: Float64Array
  readonly weights: Float64Array
}

/** The different values and how often each occurs, where all of them stand on a grid that is not too fine; undefined elsewhere. */
function countOnGrid(values: Float64Array, min: number, max: number): Groups | undefined {
  const stepsMax = Math.min(countersMax, Math.max(1 << 16, stepsPerValueMax * values.length))
  for (const step of wholeSteps) {
    if ((max - min) / step > stepsMax) break
    const groups = countSteps(values, { multiplier: 1, divisor: step, min, max })
    if (groups !== undefined) return groups
  }
  for (const parts of partsOfOne) {
    if ((max - min) * parts > stepsMax) break
    const groups = countSteps(values, { multiplier: parts, divisor: 1, min, max })
    if (groups !== undefined) return groups
  }
  return undefined
}

interface Grid {
  readonly multiplier: number
  readonly divisor: number
  readonly min: number
  readonly max: number
}

function countSteps(values: Float64Array, { multiplier, divisor, min, max }: Grid): Groups | undefined {
  const stepOf = (value: number) => Math.round((value * multiplier) / divisor)
  const numberOf = (step: number) => (step * divisor) / multiplier
  const first = stepOf(min)
  const last = stepOf(max)
  if (Math.max(Math.abs(first), Math.abs(last)) > Number.MAX_SAFE_INTEGER) return undefined
  // Most columns that are on no grid show it soon, before the counters are made.
  const probe = Math.min(values.length, 64)
  for (let index = 0; index < probe; index += 1) {
    const value = values[index] as number
    if (numberOf(stepOf(value)) !== value) return undefined
  }
  const counts = new Uint32Array(last - first + 1)
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number
    const step = stepOf(value)
    if (numberOf(step) !== value) return undefined
    counts[step - first] = (counts[step - first] as number) + 1
  }
  let distinct = 0
  for (let step = 0; step < counts.length; step += 1) if (counts[step] !== 0) distinct += 1
  const found = { values: new Float64Array(distinct), weights: new Float64Array(distinct) }
  let place = 0
  for (let step = 0; step < counts.length; step += 1) {
    const times = counts[step] as number
    if (times === 0) continue
    found.values[place] = numberOf(first + step)
    found.weights[place] = times
    place += 1
  }
  return found
}

const digitBits = 11
const digits = 1 << digitBits
const digitMask = digits - 1
/** Fewer values are sorted as quickly by comparing them. */
const comparedMax = 4096

/** Finite values in ascending order, digit by digit of their bits; the memory of the given ones is used. */
export function sortNumbers(values: Float64Array<ArrayBuffer>): Float64Array {
  const { length } = values
  if (length <= comparedMax) return values.sort()
  let from = new Uint32Array(values.buffer, values.byteOffset, 2 * length)
  let to = new Uint32Array(2 * length)
  const counts = Array.from({ length: 6 }, () => new Uint32Array(digits))
  // Bits of negative numbers are turned over, and the sign of the others: so they stand in the order of the numbers.
  for (let at = 0; at < from.length; at += 2) {
    const isNegative = (from[at + 1] as number) >>> 31 === 1
    from[at] = (from[at] as number) ^ (isNegative ? 0xffffffff : 0)
    from[at + 1] = (from[at + 1] as number) ^ (isNegative ? 0xffffffff : 0x80000000)
  }
  for (const [digit, places] of counts.entries()) {
    countDigits(from, { places, digit })
    if (places.includes(length)) continue
    let next = 0
    for (let key = 0; key < digits; key += 1) {
      const times = places[key] as number
      places[key] = next
      next += times
    }
    scatter(from, to, { places, digit })
    const other = from
    from = to
    to = other
  }
  for (let at = 0; at < from.length; at += 2) {
    const wasNegative = (from[at + 1] as number) >>> 31 === 0
    from[at] = (from[at] as number) ^ (wasNegative ? 0xffffffff : 0)
    from[at + 1] = (from[at + 1] as number) ^ (wasNegative ? 0xffffffff : 0x80000000)
  }
  return new Float64Array(from.buffer, from.byteOffset, length)
}

/** One digit of the bits of values: how many have each key, then where the next of each key goes. */
interface Digit {
  readonly places: Uint32Array
  readonly digit: number
}

/** The key of a digit within 64 bits, of which the third lies in both halves. */
function keyOf(low: number, high: number, digit: number): number {
  if (digit < 2) return (low >>> (digit * digitBits)) & digitMask
  if (digit === 2) return ((low >>> 22) | (high << 10)) & digitMask
  return (high >>> (digit * digitBits - 32)) & digitMask
}

function countDigits(from: Uint32Array, { places, digit }: Digit): void {
  for (let at = 0; at < from.length; at += 2) {
    const key = keyOf(from[at] as number, from[at + 1] as number, digit)
    places[key] = (places[key] as number) + 1
  }
}

function scatter(from: Uint32Array, to: Uint32Array, { places, digit }: Digit): void {
  for (let at = 0; at < from.length; at += 2) {
    const low = from[at] as number
    const high = from[at + 1] as number
    const key = keyOf(low, high, digit)
    const place = places[key] as number
    places[key] = place + 1
    to[2 * place] = low
    to[2 * place + 1] = high
  }
}
