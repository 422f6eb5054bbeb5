import type { Rate } from '@fabrique/contract'

/** What became of one request. */
export interface RateDecision {
  readonly isAllowed: boolean
  /** Requests that would be allowed at once after it. */
  readonly remaining: number
  /** Until all of the rate is there again; for a refused one, until one request would be allowed. */
  readonly resetMs: number
}

/** Keeps what callers have used of their rates. */
export interface RateStore {
  readonly kind: 'memory' | 'postgresql' | 'redis'
  /** Takes one request from the bucket of a key, where there is one left; at once where nobody has to be asked. */
  take(key: string, rate: Rate): RateDecision | Promise<RateDecision>
  /** Puts one request back that was taken and is not to count. */
  giveBack(key: string, rate: Rate): void | Promise<void>
  close(): Promise<void>
}

/** The bucket of a caller. That of another rate is another one: what is used of one says nothing about the other. */
export function rateKey(scope: string, { requests, windowMs }: Rate, caller: string): string {
  return `${scope}|${requests}/${windowMs}|${caller}`
}

/**
 * The generic cell rate algorithm: a bucket is one number, how long it takes until it is full again. A request adds
 * `window / requests`; it is allowed while that does not exceed the window. So at most `requests` come at once, and as many in each window
 * after. Both functions are the rule; stores apply it where the number is kept.
 */
export function allowed(fullInMs: number, { requests, windowMs }: Rate): RateDecision {
  const remaining = Math.floor(((windowMs - fullInMs) * requests) / windowMs + 1e-6)
  return { isAllowed: true, remaining: Math.max(0, Math.min(remaining, requests - 1)), resetMs: fullInMs }
}

/** `fullInMs` is what the refused request found. */
export function refused(fullInMs: number, { requests, windowMs }: Rate): RateDecision {
  return { isAllowed: false, remaining: 0, resetMs: Math.max(1, fullInMs + windowMs / requests - windowMs) }
}
