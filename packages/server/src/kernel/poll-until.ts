import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './clock.js'

export interface PollOptions {
  readonly clock: Clock
  /** Longest time to look; at least one look is taken. */
  readonly waitMs: number
}

/** Between two looks: the first soon, since much is over soon. */
const everyMsMin = 30
const everyMsMax = 500

/** Looks at something until it is over or the time is up; gives what was seen last. */
export async function pollUntil<Value>(
  look: () => Promise<Value>,
  isOver: (value: Value) => boolean,
  { clock, waitMs }: PollOptions,
): Promise<Value> {
  const endMs = clock.monotonicMs() + waitMs
  for (let everyMs = everyMsMin; ; everyMs = Math.min(1.5 * everyMs, everyMsMax)) {
    const value = await look()
    const leftMs = endMs - clock.monotonicMs()
    if (isOver(value) || leftMs <= 0) return value
    await sleep(Math.min(everyMs, leftMs))
  }
}
