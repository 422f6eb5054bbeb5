import { float64At, itemAt } from '../data/element.js'
import { assertPaired } from '../metrics/check-pairs.js'
import { regressionScores } from '../metrics/regression.js'
import { quantileOf } from '../preprocessing/column-statistics.js'
import { aroundValue, type MeanAndSpread, type MeasuredValue, meanAndSpread, meanInterval } from './intervals.js'
import { sortedValues } from './profile-column.js'

/** How a regressor does on the rows whose truth is known. Errors are prediction less truth, in units of the target. */
export interface RegressionPerformance {
  /** `too_few_labels`: nothing is measured, which is neither good nor bad. */
  readonly state: 'measured' | 'too_few_labels'
  readonly rowCount: number
  /** Rows with a truth and a prediction, both finite. */
  readonly labelledCount: number
  readonly level: number
  /** Null where there are too few labels. */
  readonly metrics: RegressionMetrics | null
}

export interface RegressionMetrics {
  /** Mean error: above 0 predicts too much. */
  readonly meanError: MeasuredValue
  readonly mae: MeasuredValue
  /** Mean of |error| / |truth|, as a share (0.1 is ten per cent); zeros in the truth count as 2^-52. */
  readonly mape: MeasuredValue
  readonly rmse: MeasuredValue
  readonly mse: MeasuredValue
  readonly r2: MeasuredValue
  readonly explainedVariance: MeasuredValue
  readonly medianAbsoluteError: MeasuredValue
  readonly maxError: MeasuredValue
  /** Errors at `errorShares`. */
  readonly errorQuantiles: readonly number[]
  /** Spread of the errors, of their sizes and of their sizes by truth: what stands beside the means in Evidently. */
  readonly spreads: { readonly error: number; readonly absolute: number; readonly percentage: number }
}

/** Shares whose quantiles of the error are told. */
export const errorShares: readonly number[] = [0.05, 0.25, 0.5, 0.75, 0.95]

export interface PerformanceOptions {
  /** Rows with a truth that are needed; 30 by default. */
  readonly labelsMin?: number
  /** Confidence of the intervals; 0.95 by default. */
  readonly level?: number
}

/**
 * Measures predicted numbers against the truth that has arrived. Intervals are normal ones: of means by their standard error, of the root
 * by the delta method, of R2 by its influence function (Hampel 1974), which takes truth and error as drawn together.
 * @param truth NaN where it has not arrived
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function regressionPerformance(
  truth: Float64Array,
  predicted: Float32Array | Float64Array,
  { labelsMin = 30, level = 0.95 }: PerformanceOptions = {},
): RegressionPerformance {
  assertPaired(truth.length, predicted.length)
  const rows: number[] = []
  for (let row = 0; row < truth.length; row++) {
    if (Number.isFinite(float64At(truth, row)) && Number.isFinite(itemAt(predicted, row))) rows.push(row)
  }
  const counts = { rowCount: truth.length, labelledCount: rows.length, level }
  if (rows.length < Math.max(labelsMin, 1)) return { state: 'too_few_labels', ...counts, metrics: null }
  const own = Float64Array.from(rows, (row) => float64At(truth, row))
  const told = Float64Array.from(rows, (row) => itemAt(predicted, row))
  return { state: 'measured', ...counts, metrics: measure(own, told, level) }
}

function measure(truth: Float64Array, predicted: Float64Array, level: number): RegressionMetrics {
  const scores = regressionScores(truth, predicted)
  const errors = predicted.map((value, row) => value - float64At(truth, row))
  const absolute = errors.map(Math.abs)
  const squares = errors.map((error) => error * error)
  const percentages = absolute.map((size, row) => size / Math.max(Math.abs(float64At(truth, row)), 2 ** -52))
  const rows = errors.length
  const squared = meanAndSpread(squares)
  const own = meanAndSpread(truth)
  const told = (value: number): MeasuredValue => ({ value, low: null, high: null })
  const sorted = sortedValues(errors)
  const mean = meanAndSpread(errors)
  return {
    meanError: meanInterval(errors, { level }),
    mae: meanInterval(absolute, { level, min: 0 }),
    mape: meanInterval(percentages, { level, min: 0 }),
    rmse:
      scores.rmse === 0
        ? told(0)
        : aroundValue(scores.rmse, squared.std / Math.sqrt(rows) / (2 * scores.rmse), { level, min: 0 }),
    mse: meanInterval(squares, { level, min: 0 }),
    r2: varianceInterval(scores.r2, { parts: squares, truth, own, level }),
    explainedVariance: varianceInterval(scores.explainedVariance, {
      parts: errors.map((error) => (error - mean.mean) ** 2),
      ...{ truth, own, level },
    }),
    medianAbsoluteError: told(scores.medianAbsoluteError),
    maxError: told(scores.maxError),
    errorQuantiles: errorShares.map((share) => quantileOf(sorted, share)),
    spreads: { error: mean.std, absolute: meanAndSpread(absolute).std, percentage: meanAndSpread(percentages).std },
  }
}

/** The interval of 1 - mean(parts) / variance(truth): what each row moves it by, whose spread is that of the value. */
function varianceInterval(
  value: number,
  given: {
    readonly parts: Float64Array
    readonly truth: Float64Array
    readonly own: MeanAndSpread
    readonly level: number
  },
): MeasuredValue {
  const { parts, truth, own } = given
  const rows = truth.length
  const variance = (own.std ** 2 * (rows - 1)) / rows
  if (!(variance > 0)) return { value, low: null, high: null }
  const influence = parts.map((part, row) => (-part + (1 - value) * (float64At(truth, row) - own.mean) ** 2) / variance)
  return aroundValue(value, meanAndSpread(influence).std / Math.sqrt(rows), { level: given.level, max: 1 })
}
