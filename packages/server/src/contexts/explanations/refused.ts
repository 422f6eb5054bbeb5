import { FabriqueError } from '@fabrique/contract/errors'

/** An explanation that cannot be made, in both languages. */
export function refused(reason: string, reason_fr: string, cause?: unknown): FabriqueError {
  return new FabriqueError('explanation_refused', { reason, reason_fr }, cause === undefined ? {} : { cause })
}

/** A field of a request that is wrong. */
export function wrongField(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

/** Two models that cannot be compared, in both languages. */
export function notComparable(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('models_not_comparable', { reason, reason_fr })
}
