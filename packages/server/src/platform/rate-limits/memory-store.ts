import type { Rate } from '@fabrique/contract'
import { type Clock, limit } from '../../kernel/index.js'
import { allowed, type RateDecision, type RateStore, refused } from './rate-store.js'

export interface MemoryRateStore extends RateStore {
  take(key: string, rate: Rate): RateDecision
  giveBack(key: string, rate: Rate): void
}

/** Buckets of one process, the least recently used of which are forgotten when there are too many. */
export function memoryRateStore(clock: Clock, callersMax = limit('rates.callers_max')): MemoryRateStore {
  /** When each bucket is full again; in the order of their last use. */
  const fullAt = new Map<string, number>()
  const take = (key: string, rate: Rate) => {
    const now = clock.monotonicMs()
    const fullIn = Math.max(0, (fullAt.get(key) ?? 0) - now)
    const next = fullIn + rate.windowMs / rate.requests
    // Sums of fractions: the last request of a rate is not to fail for a rounding.
    if (next > rate.windowMs + 1e-3) return refused(fullIn, rate)
    fullAt.delete(key)
    fullAt.set(key, now + next)
    if (fullAt.size > callersMax) {
      const [oldest] = fullAt.keys()
      if (oldest !== undefined) fullAt.delete(oldest)
    }
    return allowed(next, rate)
  }
  const giveBack = (key: string, { requests, windowMs }: Rate) => {
    const full = fullAt.get(key)
    if (full !== undefined) fullAt.set(key, full - windowMs / requests)
  }
  return { kind: 'memory', take, giveBack, close: async () => {} }
}
