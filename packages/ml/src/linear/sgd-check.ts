import { MlError } from '../ml-error.js'
import type { SgdParameters } from './sgd-parameters.js'

/**
 * Refuses a learning rate that would divide by 0.
 * @throws MlError `invalid_parameter`
 */
export function assertRate({ learningRate, alpha }: SgdParameters): void {
  if (learningRate !== 'optimal' || alpha > 0) return
  throw new MlError('invalid_parameter', 'alpha is 0: it must be above 0 for the learning rate "optimal"', {
    value: alpha,
  })
}
