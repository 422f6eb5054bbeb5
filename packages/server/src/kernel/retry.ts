import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryOptions {
  readonly attempts: number
  /** Wait before the second attempt; doubles each time up to `delayMsMax`. */
  readonly delayMs: number
  readonly delayMsMax: number
  readonly signal?: AbortSignal
  /** False ends the attempts with the error as it is. */
  readonly retryable: (error: unknown) => boolean
}

/** Tries an action several times with growing waits; throws the last error. */
export async function retry<Result>(
  action: (attempt: number) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  let delayMs = options.delayMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action(attempt)
    } catch (error) {
      if (attempt >= options.attempts || !options.retryable(error)) throw error
      await sleep(delayMs, undefined, options.signal ? { signal: options.signal } : {})
      delayMs = Math.min(delayMs * 2, options.delayMsMax)
    }
  }
}
