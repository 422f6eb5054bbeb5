import { FabriqueError } from '@fabrique/contract'
import type { MlError } from '@fabrique/ml'

/** A refusal of the numerics as an error of the product. */
export function refusalOf(error: MlError, estimator: string): FabriqueError {
  const { code, message } = error
  if (code === 'unknown_parameter' || code === 'invalid_parameter') {
    const param = /^(?:There is no parameter )?"?(\w+)/.exec(message)?.[1] ?? ''
    return new FabriqueError('estimator_param_invalid', { estimator, param, reason: message }, { cause: error })
  }
  return new FabriqueError('training_refused', { code, reason: message }, { cause: error })
}
