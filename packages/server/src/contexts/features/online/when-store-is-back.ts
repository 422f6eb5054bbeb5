import { isFabriqueError } from '@fabrique/contract'
import { retry } from '../../../kernel/index.js'

/** How long a store that is away is waited for: about 90 seconds by default. A job that fails then is begun again. */
export interface StoreWaits {
  readonly attempts: number
  readonly delayMs: number
  readonly delayMsMax: number
}

const storeWaits: StoreWaits = { attempts: 12, delayMs: 250, delayMsMax: 15_000 }

/** Does something with the store, once more where it is away for a moment. */
export function whenStoreIsBack<Result>(
  action: () => Promise<Result>,
  waits: StoreWaits = storeWaits,
  signal?: AbortSignal,
): Promise<Result> {
  const retryable = (error: unknown) => isFabriqueError(error) && error.code === 'online_store_unavailable'
  return retry(action, { ...waits, retryable, ...(signal === undefined ? {} : { signal }) })
}
