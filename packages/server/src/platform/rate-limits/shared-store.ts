import { type Clock, limit } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'
import { memoryRateStore } from './memory-store.js'
import type { RateStore } from './rate-store.js'

export interface SharedRatesOptions {
  readonly store: RateStore
  readonly clock: Clock
  readonly log: Log
}

const askAgainMs = 1000

/**
 * A store that other servers share, made safe to ask at each request: whom it refused is refused here until then without asking again, so that
 * a flood of refused requests does not reach it; and while it is away each server goes by its own memory.
 */
export function sharedRateStore({ store, clock, log }: SharedRatesOptions): RateStore {
  const own = memoryRateStore(clock)
  const refusedUntil = new Map<string, number>()
  let isAway = false
  /** By the monotonic clock: when it is asked again while it is away. */
  let askAgainAt = 0
  const refuseUntil = (key: string, until: number) => {
    refusedUntil.delete(key)
    refusedUntil.set(key, until)
    const [oldest] = refusedUntil.keys()
    if (refusedUntil.size > limit('rates.callers_max') && oldest !== undefined) refusedUntil.delete(oldest)
  }
  return {
    kind: store.kind,
    async take(key, rate) {
      const until = refusedUntil.get(key)
      if (until !== undefined) {
        const leftMs = until - clock.monotonicMs()
        if (leftMs > 0) return { isAllowed: false, remaining: 0, resetMs: leftMs }
        refusedUntil.delete(key)
      }
      // One request in a while finds out: each may have to wait for it.
      if (isAway) {
        if (clock.monotonicMs() < askAgainAt) return own.take(key, rate)
        askAgainAt = clock.monotonicMs() + askAgainMs
      }
      try {
        const decision = await store.take(key, rate)
        if (!decision.isAllowed) refuseUntil(key, clock.monotonicMs() + decision.resetMs)
        if (isAway) log.info({ store: store.kind }, 'Rates are shared with other servers again')
        isAway = false
        return decision
      } catch (error) {
        if (!isAway) log.warn({ err: error, store: store.kind }, 'Rates are counted by this server alone meanwhile')
        isAway = true
        askAgainAt = clock.monotonicMs() + askAgainMs
        return own.take(key, rate)
      }
    },
    async giveBack(key, rate) {
      refusedUntil.delete(key)
      if (isAway) {
        own.giveBack(key, rate)
        return
      }
      try {
        await store.giveBack(key, rate)
      } catch (err) {
        log.debug({ err, store: store.kind }, 'What was to be given back comes back by itself')
      }
    },
    close: () => store.close(),
  }
}
