import { MlError } from '../ml-error.js'
import type { Means } from './column-matrix.js'
import type { LinearRegressor } from './linear-model.js'
import { dot } from './vector.js'

/**
 * The model of coefficients that were fitted on features and target less their means.
 * @throws MlError `not_converging` for coefficients that are not numbers
 */
export function regressorModel(
  kind: string,
  fitted: {
    readonly coefficients: Float64Array
    readonly means: Means
    readonly featureNames: readonly string[] | null
    readonly iterations?: number
    readonly hasConverged?: boolean
  },
): LinearRegressor {
  const { coefficients, means, iterations = 1, hasConverged = true } = fitted
  const intercept = means.target - dot(means.features, coefficients)
  if (!Number.isFinite(intercept) || !coefficients.every(Number.isFinite)) {
    throw new MlError(
      'not_converging',
      'The coefficients are too large for numbers: scale the features and the target to a range near 1',
      { value: intercept },
    )
  }
  return Object.freeze({
    kind,
    featureNames: fitted.featureNames,
    featureCount: coefficients.length,
    coefficients,
    intercepts: Float64Array.of(intercept),
    iterations,
    hasConverged,
  })
}
