import { float64At } from '../data/element.js'
import type { LossName } from './losses.js'
import { percentile, weightedPercentile } from './percentile.js'

/** What is predicted before the first tree: by output, the best constant for the training rows. */
export function baselineOf(input: {
  readonly loss: LossName
  readonly quantile: number
  readonly targets: Float64Array
  readonly weights: Float64Array | null
  readonly outputCount: number
}): Float64Array {
  const { loss, quantile, targets, weights, outputCount } = input
  switch (loss) {
    case 'log_loss': {
      const share = clip(mean(targets, weights), 10 * Number.EPSILON)
      return Float64Array.of(Math.log(share / (1 - share)))
    }
    case 'multinomial_log_loss': {
      const logs = Float64Array.from({ length: outputCount }, (_, code) =>
        Math.log(
          clip(
            mean(
              targets.map((target) => (target === code ? 1 : 0)),
              weights,
            ),
            Number.EPSILON,
          ),
        ),
      )
      const middle = mean(logs, null)
      return logs.map((log) => log - middle)
    }
    case 'squared_error':
      return Float64Array.of(mean(targets, weights))
    case 'poisson':
      return Float64Array.of(Math.log(Math.max(mean(targets, weights), 10 * Number.EPSILON)))
    case 'absolute_error':
    case 'quantile': {
      const share = loss === 'quantile' ? quantile : 0.5
      const value = weights === null ? percentile(targets.slice(), share) : weightedPercentile(targets, weights, share)
      return Float64Array.of(value)
    }
  }
}

function clip(share: number, least: number): number {
  return Math.min(Math.max(share, least), 1 - least)
}

function mean(values: Float64Array, weights: Float64Array | null): number {
  let sum = 0
  let total = 0
  for (let row = 0; row < values.length; row++) {
    const weight = weights === null ? 1 : float64At(weights, row)
    sum += weight * float64At(values, row)
    total += weight
  }
  return sum / total
}
