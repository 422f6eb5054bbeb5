import type { RetryPolicy } from '@fabrique/contract'
import type { FlowDuration } from './flow-duration.js'

export interface RetryWithoutCondition {
  /** How often it is tried again. */
  readonly retries: number
  /** Before each retry, or a list: before the first, the second, …, the last one for all that follow. None by default. */
  readonly delay?: FlowDuration | readonly FlowDuration[]
  /** Doubles the delay with each retry. */
  readonly backoff?: 'exponential'
  /** No delay is longer. */
  readonly maxDelay?: FlowDuration
  /** Share by which a delay may be longer, at random: 0.2 for up to a fifth. */
  readonly jitter?: number
}

export interface Retry extends RetryWithoutCondition {
  /** Whether an error is tried again; all are by default. */
  readonly if?: (error: unknown) => boolean
}

/** Delays that are kept apart: beyond, the last one holds. */
const delaysMax = 50

/** As it is stored. `ms` reads a duration and refuses what is none. */
export function retryPolicyOf(retry: number | Retry, ms: (duration: FlowDuration) => number): RetryPolicy {
  if (typeof retry === 'number') return { retries: retry, delays_ms: [0], jitter: 0 }
  const { retries, delay = 0, backoff, maxDelay, jitter = 0 } = retry
  const longest = maxDelay === undefined ? Number.MAX_SAFE_INTEGER : ms(maxDelay)
  const listed = isList(delay) ? delay.map(ms) : [ms(delay)]
  const [first = 0] = listed
  const delays =
    backoff === 'exponential'
      ? Array.from({ length: Math.min(Math.max(retries, 1), delaysMax) }, (_, index) => first * 2 ** index)
      : listed
  return { retries, delays_ms: delays.map((one) => Math.min(one, longest)), jitter }
}

/** Before the retry that follows the attempt, with its jitter; undefined where it is not tried again. `share` is from 0 to 1, at random. */
export function retryDelayMs({ retries, delays_ms, jitter }: RetryPolicy, attempt: number, share: number) {
  if (attempt > retries) return undefined
  const delay = delays_ms[Math.min(attempt, delays_ms.length) - 1] ?? 0
  return Math.round(delay * (1 + jitter * share))
}

const isList = (delay: FlowDuration | readonly FlowDuration[]): delay is readonly FlowDuration[] => Array.isArray(delay)
