import type { PredictDefinition } from '@fabrique/contract'

/** How predictions are given. */
export interface PredictOptions {
  /** How often one caller may ask, as `10/minute` or `100/s`; no limit without it. A caller is a key, else a user, else an address. */
  readonly rateLimit?: string
}

/** The same as data; nothing where nothing is said. */
export function predictOf(options: PredictOptions | undefined): { predict?: PredictDefinition } {
  if (options === undefined) return {}
  return { predict: options.rateLimit === undefined ? {} : { rate_limit: options.rateLimit } }
}
