import type { Clock } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'

/** Looking takes at most this share of the time, however much there is to see. */
const busyShareMax = 0.05

export interface SharedLookOptions {
  readonly clock: Clock
  readonly log: Log
  /** What is looked up, for the log. */
  readonly what: string
  /** Least time between two looks, in milliseconds. */
  readonly everyMs: number
}

/**
 * What gauges do when Prometheus asks: all of a group share one look at the database. Where it fails they keep what they have, since a
 * database that is away is no reason to answer nothing.
 */
export function sharedLook(
  { clock, log, what, everyMs }: SharedLookOptions,
  look: () => Promise<void>,
): () => Promise<void> {
  let looking: Promise<void> | undefined
  let nextAtMs = Number.NEGATIVE_INFINITY
  const lookIfDue = async () => {
    const startedMs = clock.monotonicMs()
    if (startedMs < nextAtMs) return
    try {
      await look()
    } catch (error) {
      log.debug({ err: error }, `The gauges of ${what} wait for the database`)
    }
    const now = clock.monotonicMs()
    nextAtMs = now + Math.max(everyMs, (now - startedMs) / busyShareMax)
  }
  return () => {
    looking ??= lookIfDue().finally(() => {
      looking = undefined
    })
    return looking
  }
}
