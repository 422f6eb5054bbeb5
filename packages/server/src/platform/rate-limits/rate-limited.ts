import { FabriqueError, type Rate } from '@fabrique/contract'
import type { RateDecision } from './rate-store.js'

/** The refusal of a request that was one too many. */
export function rateLimited(scope: string, { requests, windowMs }: Rate, { resetMs }: RateDecision): FabriqueError {
  const retry_after_s = Math.ceil(resetMs / 1000)
  return new FabriqueError('rate_limited', { scope, limit: requests, window_s: windowMs / 1000, retry_after_s })
}
