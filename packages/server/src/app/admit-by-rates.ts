import type { GrpcServerOptions } from '../contexts/serving/standalone.js'
import type { RateRules } from '../platform/http/limit-rates.js'
import { addressKey } from '../platform/rate-limits/address-key.js'
import { rateLimited } from '../platform/rate-limits/rate-limited.js'
import { type RateStore, rateKey } from '../platform/rate-limits/rate-store.js'

/** The rates of predictions over HTTP for calls that do not come over it: both are counted together. */
export function admitByRates({
  store,
  rules,
}: {
  readonly store: RateStore
  readonly rules: RateRules
}): NonNullable<GrpcServerOptions['admit']> {
  return async ({ caller, actor, model }) => {
    const own = rules.modelRate(model)
    const rate = own?.rate ?? rules.predict
    if (rate === undefined) return
    const scope = own === undefined ? 'predict' : `predict:${own.model}`
    const decision = await store.take(rateKey(scope, rate, actor.limitKey ?? addressKey(caller.address)), rate)
    if (!decision.isAllowed) throw rateLimited(scope, rate, decision)
  }
}
