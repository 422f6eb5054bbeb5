import { randomBytes } from 'node:crypto'
import { type Clock, type Ids, makeIds } from '../kernel/index.js'

/** The clock of this machine: the one place that reads it. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}

/** Ids from the random source of this machine. */
export const systemIds: Ids = makeIds((count) => randomBytes(count))
