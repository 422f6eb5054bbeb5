import { randomBytes } from 'node:crypto'
import { type Clock, type Ids, makeIds } from '../kernel/index.js'

/** The clock of this machine: the one place that reads it. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}

/** Random bytes that were fetched and not yet given out: asking for a few at a time takes longer than all the rest of an id. */
let store = Buffer.alloc(0)
let given = 0
const storeBytes = 8192

function takeRandomBytes(count: number): Uint8Array {
  if (store.length - given < count) {
    store = randomBytes(storeBytes)
    given = 0
  }
  given += count
  return store.subarray(given - count, given)
}

/** Ids from the random source of this machine. */
export const systemIds: Ids = makeIds(takeRandomBytes)
