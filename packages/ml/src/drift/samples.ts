import { float64At } from '../data/element.js'
import { evenPlaces } from './even-places.js'
import type { CategoryCounts, NumberSample, PairedCounts } from './model.js'
import { sortDoubles } from './sort-doubles.js'

/**
 * The numbers of one side. Takes the array for its own: it is sorted in place.
 * @param values NaN where missing; infinite ones are counted and left out
 */
export function numberSample(values: Float64Array): NumberSample {
  let kept = 0
  let infinite = 0
  for (let index = 0; index < values.length; index++) {
    const value = float64At(values, index)
    // What is no number is not equal to itself.
    if (value - value === 0) {
      // Adding nothing makes -0 a 0, so that both sort as one.
      values[kept] = value + 0
      kept++
    } else if (value === Infinity || value === -Infinity) infinite++
  }
  const sorted = values.subarray(0, kept)
  sortDoubles(sorted)
  return { sorted, missing: values.length - kept - infinite, infinite }
}

/** Labels of one side from plain values; null is missing. */
export function categoryCounts(values: Iterable<string | null>): CategoryCounts {
  const counts = new Map<string, number>()
  let missing = 0
  for (const value of values) {
    if (value === null) missing++
    else counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return { counts, missing }
}

/** Rows with a label. */
export function countedRows({ counts }: CategoryCounts): number {
  let rows = 0
  for (const count of counts.values()) rows += count
  return rows
}

/** Rows with a finite number. */
export function numberRows({ sorted, rows }: NumberSample): number {
  return rows ?? sorted.length
}

/**
 * Values that stand for all: the middle of each of so many equal parts, and at the ends the least and the greatest, so that none of the whole lies
 * outside. Their steps are those of the whole to within a part. All of them where they are no more.
 */
export function atEvenRanks(sorted: Float64Array, countMax: number): Float64Array {
  const count = Math.min(sorted.length, countMax)
  const kept = Float64Array.from(evenPlaces(sorted.length, count), (place) => float64At(sorted, place))
  kept.set(sorted.subarray(0, Math.min(1, count)))
  if (count > 1) kept.set(sorted.subarray(-1), count - 1)
  return kept
}

/** Labels as numbers, where all of them are: `true` and `false`, or how numbers are written. */
function asNumbers(labels: readonly string[]): boolean {
  return labels.every((label) => label !== '' && label.trim() === label && Number.isFinite(Number(label)))
}

/** Labels of both sides with their rows. */
export function pairCategories(reference: CategoryCounts, current: CategoryCounts): PairedCounts {
  const labels = [...new Set([...reference.counts.keys(), ...current.counts.keys()])]
  if (asNumbers(labels)) labels.sort((a, b) => Number(a) - Number(b))
  else labels.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return {
    labels,
    reference: Float64Array.from(labels, (label) => reference.counts.get(label) ?? 0),
    current: Float64Array.from(labels, (label) => current.counts.get(label) ?? 0),
  }
}

/** Distinct numbers of both sides with their rows; undefined where there are more than `distinctMax`. */
export function pairNumbers(a: Float64Array, b: Float64Array, distinctMax = Infinity): PairedCounts | undefined {
  const values: number[] = []
  const reference: number[] = []
  const current: number[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const value =
      j >= b.length || (i < a.length && float64At(a, i) <= float64At(b, j)) ? float64At(a, i) : float64At(b, j)
    const [fromI, fromJ] = [i, j]
    while (i < a.length && float64At(a, i) === value) i++
    while (j < b.length && float64At(b, j) === value) j++
    if (values.length >= distinctMax) return undefined
    values.push(value)
    reference.push(i - fromI)
    current.push(j - fromJ)
  }
  return { labels: values.map(String), reference: Float64Array.from(reference), current: Float64Array.from(current) }
}

/** Distinct values of a sorted sample, counted no further than `countMax`. */
export function distinctUpTo(sorted: Float64Array, countMax: number): number {
  let count = 0
  for (let index = 0; index < sorted.length && count <= countMax; count++) {
    const value = float64At(sorted, index)
    index = firstAbove(sorted, value, index)
  }
  return count
}

/** The first place from `from` on whose value is greater. */
export function firstAbove(sorted: Float64Array, value: number, from = 0): number {
  let [low, high] = [from, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (float64At(sorted, middle) <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** The first place whose value is not smaller. */
export function firstFrom(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (float64At(sorted, middle) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Mean and standard deviation (of the sample itself, divided by n), in two passes. */
export function meanAndDeviation(values: Float64Array): { readonly mean: number; readonly deviation: number } {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += float64At(values, index)
  const mean = sum / values.length
  let squares = 0
  for (let index = 0; index < values.length; index++) squares += (float64At(values, index) - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / values.length) }
}
