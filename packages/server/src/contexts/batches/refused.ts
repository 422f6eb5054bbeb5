import { FabriqueError } from '@fabrique/contract/errors'

/** Rows that a model cannot be asked at all, in both languages. */
export function refused(reason: string, reason_fr: string, cause?: unknown): FabriqueError {
  return new FabriqueError('batch_refused', { reason, reason_fr }, cause === undefined ? {} : { cause })
}
