import type { FittedModel } from '../estimators/estimator.js'

/** A fitted linear function of the features, one per output: `intercepts[o] + sum of coefficients[o * featureCount + f] * feature f`. */
export interface LinearFunction extends FittedModel {
  readonly featureNames: readonly string[] | null
  readonly featureCount: number
  readonly coefficients: Float64Array
  readonly intercepts: Float64Array
  readonly iterations: number
  /** False where the iterations ran out before the tolerance was reached: allow more, or scale the features. */
  readonly hasConverged: boolean
}

/**
 * How scores become probabilities:
 * - `logistic`: 1 / (1 + e^-z), of two classes
 * - `softmax`: e^z by class, divided by their sum
 * - `logistic_shares`: 1 / (1 + e^-z) by class, divided by their sum
 * - `clipped`: (1 + z) / 2 kept between 0 and 1, of two classes (modified Huber loss)
 * - `none`: there are only scores
 */
export type ScoreLink = 'logistic' | 'softmax' | 'logistic_shares' | 'clipped' | 'none'

/** One output for two classes, whose score speaks for the second; otherwise one per class. */
export interface LinearClassifier extends LinearFunction {
  readonly classes: readonly string[]
  readonly link: ScoreLink
}

/** One output. */
export type LinearRegressor = LinearFunction

/** Mean of the absolute coefficients of each feature; they compare only where features have one scale. */
export function coefficientSizes({ coefficients, featureCount }: LinearFunction): Float64Array {
  const sizes = new Float64Array(featureCount)
  const outputCount = coefficients.length / featureCount
  for (const [index, coefficient] of coefficients.entries()) {
    sizes[index % featureCount] = (sizes[index % featureCount] ?? 0) + Math.abs(coefficient) / outputCount
  }
  return sizes
}
