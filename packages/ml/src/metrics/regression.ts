import { itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { assertPaired, weightedMean } from './check-pairs.js'

type Values = Float32Array | Float64Array

export interface RegressionScores {
  /** Share of the variance that is explained; 1 best, 0 as good as the mean, below 0 worse (coefficient of determination). */
  readonly r2: number
  /** Root of the mean squared error, in units of the target. */
  readonly rmse: number
  readonly mse: number
  /** Mean absolute error, in units of the target. */
  readonly mae: number
  readonly medianAbsoluteError: number
  readonly maxError: number
  /** Mean of |error| / |truth|, as a share (0.1 is ten per cent); zeros in the truth count as 2^-52. */
  readonly mape: number
  /** As r2, but for a constant error that it forgives. */
  readonly explainedVariance: number
}

/**
 * All scores of predicted numbers against the true ones, with the meaning they have in scikit-learn. Of a constant truth, `r2` and
 * `explainedVariance` are 1 when the prediction is perfect and 0 otherwise; of a single row they are NaN.
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_target`
 */
export function regressionScores(truth: Values, predicted: Values, weights?: Float64Array): RegressionScores {
  assertPaired(truth.length, predicted.length)
  if (weights !== undefined) assertPaired(truth.length, weights.length)
  assertFinite(truth)
  assertFinite(predicted)
  const rows = truth.length
  const errorAt = (row: number) => itemAt(truth, row) - itemAt(predicted, row)
  const mse = weightedMean(rows, weights, (row) => errorAt(row) ** 2)
  const meanTruth = weightedMean(rows, weights, (row) => itemAt(truth, row))
  const meanError = weightedMean(rows, weights, errorAt)
  const variance = weightedMean(rows, weights, (row) => (itemAt(truth, row) - meanTruth) ** 2)
  const errorVariance = weightedMean(rows, weights, (row) => (errorAt(row) - meanError) ** 2)
  const absolute = Float64Array.from(truth.keys(), (row) => Math.abs(errorAt(row)))
  return {
    r2: explained(mse, variance, rows),
    rmse: Math.sqrt(mse),
    mse,
    mae: weightedMean(rows, weights, (row) => itemAt(absolute, row)),
    medianAbsoluteError: median(absolute),
    maxError: absolute.reduce((greatest, value) => Math.max(greatest, value), 0),
    mape: weightedMean(
      rows,
      weights,
      (row) => itemAt(absolute, row) / Math.max(Math.abs(itemAt(truth, row)), 2 ** -52),
    ),
    explainedVariance: explained(errorVariance, variance, rows),
  }
}

/**
 * Mean pinball loss of a predicted quantile: an error above the prediction costs `quantile` times its size, one below `1 - quantile`.
 * @param quantile in [0, 1]
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_target`
 */
export function pinballLoss(truth: Values, predicted: Values, quantile: number, weights?: Float64Array): number {
  assertPaired(truth.length, predicted.length)
  assertFinite(truth)
  assertFinite(predicted)
  return weightedMean(truth.length, weights, (row) => {
    const error = itemAt(truth, row) - itemAt(predicted, row)
    return error >= 0 ? quantile * error : (quantile - 1) * error
  })
}

/**
 * Mean Poisson deviance; truth at least 0 and predictions above 0.
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_target`
 */
export function poissonDeviance(truth: Values, predicted: Values, weights?: Float64Array): number {
  assertPaired(truth.length, predicted.length)
  const row = truth.findIndex((value, at) => !(value >= 0) || !(itemAt(predicted, at) > 0))
  if (row >= 0) {
    throw new MlError(
      'invalid_target',
      `Row ${row} is ${truth[row]} and is predicted as ${predicted[row]}: counts are at least 0, their predictions above 0`,
      { value: truth[row] },
    )
  }
  return weightedMean(truth.length, weights, (at) => {
    const [own, guess] = [itemAt(truth, at), itemAt(predicted, at)]
    return 2 * ((own === 0 ? 0 : own * Math.log(own / guess)) - own + guess)
  })
}

/** The middle of the values, the mean of the two middle ones of an even number. */
export function median(values: Values): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? itemAt(sorted, middle) : (itemAt(sorted, middle - 1) + itemAt(sorted, middle)) / 2
}

function explained(left: number, variance: number, rows: number): number {
  if (rows < 2) return Number.NaN
  if (variance === 0) return left === 0 ? 1 : 0
  return 1 - left / variance
}

function assertFinite(values: Values): void {
  const row = values.findIndex((value) => !Number.isFinite(value))
  if (row < 0) return
  throw new MlError('invalid_target', `Row ${row} is ${values[row]}: only finite numbers can be scored`, {
    value: values[row],
  })
}
