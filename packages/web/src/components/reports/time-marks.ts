import type { Domain } from './axis-marks.js'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Distances between marks, in seconds. */
const distances = [
  1,
  5,
  15,
  30,
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
  30 * day,
  91 * day,
  365 * day,
]

/**
 * Round moments of an axis, about as many as wanted.
 * @param domain seconds since 1970
 * @param offset seconds that local time is ahead of UTC, so that days begin at midnight
 */
export function timeMarks([low, high]: Domain, wanted: number, offset: number): readonly number[] {
  const rough = (high - low) / Math.max(1, wanted)
  const distance = distances.find((each) => each >= rough) ?? Math.ceil(rough / (365 * day)) * 365 * day
  const first = Math.ceil((low + offset) / distance)
  const last = Math.floor((high + offset) / distance)
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) => (first + index) * distance - offset)
}

/** Whether a mark is the first of its day among marks. */
export function startsDay(mark: number, marks: readonly number[], offset: number): boolean {
  const before = marks[marks.indexOf(mark) - 1]
  const dayOf = (moment: number) => Math.floor((moment + offset) / day)
  return before === undefined || dayOf(before) !== dayOf(mark)
}
