import { type Clock, type Ids, timePart } from '../../src/kernel/index.js'

/** The moment at which the fake clock starts. */
export const testStart = new Date('2026-11-21T06:31:47.000Z')

/** A clock that stands still until `advance` moves it. */
export interface TestClock extends Clock {
  advance(ms: number): void
}

export function testClock(): TestClock {
  let elapsedMs = 0
  return {
    now: () => new Date(testStart.getTime() + elapsedMs),
    monotonicMs: () => elapsedMs,
    advance: (ms) => {
      elapsedMs += ms
    },
  }
}

/** Ids that count: `snap_00…1`, and `00…2` for hex ones. */
export function countingIds(): Ids {
  let count = 0
  const next = (digits: number) => {
    count += 1
    return count.toString(16).padStart(digits, '0')
  }
  return {
    prefixed: (prefix) => `${prefix}_${next(26)}`,
    timed: (prefix, at) => `${prefix}_${timePart(at)}${next(16)}`,
    hex32: () => next(32),
  }
}

/** The clock of the machine, for waiting until something real has happened. */
export const realClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }
