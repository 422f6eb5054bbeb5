import type { BoostedRegressor } from '../boosting/boosted-model.js'
import { histGradientBoostingRegressor } from '../boosting/hist-gradient-boosting-regressor.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import { float64At, itemAt } from '../data/element.js'
import type { FitRun, FloatColumn } from '../estimators/estimator.js'
import { assertPaired } from '../metrics/check-pairs.js'
import { MlError } from '../ml-error.js'
import { cutChunks, type EstimatedValue, estimated, type MetricThresholds, thresholdsOf } from './reference-chunks.js'

/** Metrics of a regressor that are estimated without the truth. */
export const estimatedValueMetrics = ['mae', 'mape', 'mse', 'rmse'] as const

export type EstimatedValueMetric = (typeof estimatedValueMetrics)[number]

/** What the losses of single rows are predicted with. */
type RowLoss = 'absolute' | 'percentage' | 'squared'

/** Mean and spread (divided by the count) of the losses of the reference. */
interface LossMoments {
  readonly mean: number
  readonly std: number
}

/** What an estimate of a regressor without the truth needs of a reference whose truth is known. */
export interface RegressionEstimator {
  readonly kind: 'direct_loss'
  /** One model of the loss for each kind of it, of the features and the prediction. */
  readonly models: Readonly<Record<RowLoss, BoostedRegressor>>
  readonly moments: Readonly<Record<RowLoss, LossMoments>>
  readonly thresholds: Readonly<Record<EstimatedValueMetric, MetricThresholds | null>>
  readonly referenceRows: number
}

/** An estimate of how a regressor does on rows without the truth. */
export interface RegressionEstimate {
  readonly state: 'estimated' | 'not_enough_data'
  readonly rowCount: number
  /** In units of the target, of its square (mse) or as a share (mape). */
  readonly metrics: Readonly<Record<EstimatedValueMetric, EstimatedValue>> | null
}

/** The name under which the prediction stands among the features of a loss. */
const predictionName = 'fabrique prediction'

/**
 * Learns to predict the loss of single rows from the features and the prediction (direct loss estimation, DLE, NannyML), with histogram
 * gradient boosting where NannyML takes LightGBM, and the thresholds of the true metrics over parts of the reference. The reference
 * should not be the training set.
 * @param rows in the order in which they came; categories as codes, missing values as NaN
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_target`, and as `histGradientBoostingRegressor`
 */
export async function fitRegressionEstimator(
  rows: { readonly features: DesignMatrix; readonly truth: Float64Array; readonly predicted: FloatColumn },
  options: { readonly seed: number; readonly chunks?: number } & FitRun,
): Promise<RegressionEstimator> {
  const { features, truth, predicted } = rows
  assertPaired(truth.length, predicted.length)
  assertPaired(truth.length, features.rowCount)
  const wrong = truth.findIndex((value, row) => !Number.isFinite(value) || !Number.isFinite(itemAt(predicted, row)))
  if (wrong >= 0) {
    throw new MlError(
      'invalid_target',
      `Row ${wrong} is ${truth[wrong]} and is predicted as ${predicted[wrong]}: a reference needs both`,
      { value: truth[wrong] },
    )
  }
  const cuts = cutChunks(truth.length, options.chunks)
  const losses = {
    absolute: rowLosses(truth, predicted, 'absolute'),
    percentage: rowLosses(truth, predicted, 'percentage'),
    squared: rowLosses(truth, predicted, 'squared'),
  }
  const { seed, chunks: _, ...run } = options
  const inputs = withPrediction(features, predicted)
  const fit = (values: Float64Array) =>
    histGradientBoostingRegressor.fit({
      features: inputs,
      target: { kind: 'values', values },
      parameters: { random_state: seed },
      ...run,
    })
  return {
    kind: 'direct_loss',
    models: {
      absolute: await fit(losses.absolute),
      percentage: await fit(losses.percentage),
      squared: await fit(losses.squared),
    },
    moments: {
      absolute: momentsOfLoss(losses.absolute),
      percentage: momentsOfLoss(losses.percentage),
      squared: momentsOfLoss(losses.squared),
    },
    thresholds: byMetric((metric) => {
      const of = losses[lossOf[metric]]
      const values = cuts.slice(1).map((end, chunk) => meanOf(of.subarray(itemAt(cuts, chunk), end)))
      return thresholdsOf(
        Float64Array.from(values, (value) => (metric === 'rmse' ? Math.sqrt(value) : value)),
        { min: 0 },
      )
    }),
    referenceRows: truth.length,
  }
}

/**
 * Estimates the metrics of rows as the mean of their predicted losses, each at least 0. It holds as long as rows of like features have like
 * errors: a change of that (concept drift) it cannot see.
 * @param rowsMin rows below which nothing is estimated; 30 by default
 * @throws MlError `length_mismatch`, `missing_feature` or `non_finite_value`
 */
export function estimateRegression(
  estimator: RegressionEstimator,
  rows: { readonly features: DesignMatrix; readonly predicted: FloatColumn },
  { rowsMin = 30 }: { readonly rowsMin?: number } = {},
): RegressionEstimate {
  const rowCount = rows.predicted.length
  if (rowCount < Math.max(rowsMin, 1)) return { state: 'not_enough_data', rowCount, metrics: null }
  assertPaired(rowCount, rows.features.rowCount)
  const inputs = withPrediction(rows.features, rows.predicted)
  const means = {
    absolute: predictedMean(estimator.models.absolute, inputs),
    percentage: predictedMean(estimator.models.percentage, inputs),
    squared: predictedMean(estimator.models.squared, inputs),
  }
  const metrics = byMetric((metric) => {
    const { mean, std } = estimator.moments[lossOf[metric]]
    const own = means[lossOf[metric]]
    const isRoot = metric === 'rmse'
    // The root of a mean varies as the mean does, over twice its size (delta method).
    const error = isRoot ? Math.sqrt((std * std) / (4 * rowCount * mean)) : std / Math.sqrt(rowCount)
    return estimated(isRoot ? Math.sqrt(own) : own, Number.isNaN(error) ? 0 : error, {
      thresholds: estimator.thresholds[metric],
      min: 0,
    })
  })
  return { state: 'estimated', rowCount, metrics }
}

const lossOf: Readonly<Record<EstimatedValueMetric, RowLoss>> = {
  mae: 'absolute',
  mape: 'percentage',
  mse: 'squared',
  rmse: 'squared',
}

function byMetric<Value>(of: (metric: EstimatedValueMetric) => Value): Record<EstimatedValueMetric, Value> {
  return { mae: of('mae'), mape: of('mape'), mse: of('mse'), rmse: of('rmse') }
}

function rowLosses(truth: Float64Array, predicted: FloatColumn, kind: RowLoss): Float64Array {
  return truth.map((own, row) => {
    const size = Math.abs(own - itemAt(predicted, row))
    if (kind === 'absolute') return size
    return kind === 'squared' ? size * size : size / Math.max(Math.abs(own), 2 ** -52)
  })
}

function withPrediction(features: DesignMatrix, predicted: FloatColumn): DesignMatrix {
  return designMatrix([...features.columns, numericColumn(predictionName, predicted)])
}

function predictedMean(model: BoostedRegressor, inputs: DesignMatrix): number {
  const { values } = histGradientBoostingRegressor.predict(model, inputs)
  let total = 0
  for (let row = 0; row < values.length; row++) total += Math.max(0, itemAt(values, row))
  return total / values.length
}

function meanOf(values: Float64Array): number {
  let total = 0
  for (let at = 0; at < values.length; at++) total += float64At(values, at)
  return total / values.length
}

function momentsOfLoss(values: Float64Array): LossMoments {
  const mean = meanOf(values)
  return { mean, std: Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) }
}
