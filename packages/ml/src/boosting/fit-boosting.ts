import { type DesignMatrix, type FeatureColumn, float32Values } from '../data/design-matrix.js'
import { checkFeatures, checkSampleWeights } from '../estimators/check-input.js'
import type { Features, FitRun } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { assembleModel, type BoostedTrees } from './assemble-model.js'
import type { BoostingParameters } from './boosting-parameters.js'
import type { BoostingFeature, BoostingSettings } from './boosting-task.js'
import { holdOut } from './hold-out.js'
import type { LossName } from './losses.js'
import { prepareTask } from './prepare-task.js'
import { boostHere, boostInWorkers } from './run-boosting.js'

/** What both estimators take. */
export const boostingAccepts = {
  sparse: false,
  missing: true,
  categories: true,
  sampleWeights: true,
  wantsScaling: false,
  nonNegative: false,
} as const

/** Rows from which on worker threads are worth starting. */
export const boostingWorkerRowsMin = 5000

/** More rows do not fit the sums of a histogram. */
export const boostingRowLimit = 2 ** 24 - 1

/** Rows above which `early_stopping: auto` stops early. */
const autoStoppingRows = 10_000

interface BoostingFit {
  readonly run: FitRun
  readonly parameters: BoostingParameters
  readonly loss: LossName
  readonly quantile: number
  readonly outputCount: number
  readonly targets: Float64Array
  /** Weights of rows by class and by themselves. */
  readonly weights: Float64Array | null
  /** Class codes to hold rows out evenly; null for numbers. */
  readonly strata: Int32Array | null
}

/**
 * Checks the features; both estimators check their target after.
 * @throws MlError as `checkFeatures` and `checkSampleWeights`; `sparse_unsupported`; `memory_limit` beyond 16,777,215 rows
 */
export function checkBoostingInput(features: Features, sampleWeights: Float64Array | undefined): DesignMatrix {
  checkFeatures(features, boostingAccepts)
  checkSampleWeights(features, sampleWeights, boostingAccepts)
  if (features.rowCount > boostingRowLimit) {
    throw new MlError(
      'memory_limit',
      `There are ${features.rowCount} rows, and boosting takes ${boostingRowLimit}: draw a sample`,
      { value: features.rowCount },
    )
  }
  if ('columns' in features) return features
  throw new MlError('sparse_unsupported', 'Boosting takes no sparse features: reduce them, as by truncated SVD')
}

/**
 * Grows the trees.
 * @throws MlError `invalid_parameter`, `too_many_categories`, `training_aborted`, `memory_limit`, `worker_failed`, and what splitting off
 *   rows for early stopping throws
 */
export async function fitBoosting(matrix: DesignMatrix, fit: BoostingFit): Promise<BoostedTrees> {
  const { parameters } = fit
  const { rowCount } = matrix
  const earlyStopping = parameters.earlyStopping === 'auto' ? rowCount > autoStoppingRows : parameters.earlyStopping
  const rows = holdOut({
    ...{ rowCount, strata: fit.strata, seed: parameters.seed },
    held: earlyStopping ? parameters.validationFraction : null,
  })
  const threads = rowCount < boostingWorkerRowsMin ? 0 : Math.min(fit.run.threads ?? 0, 64)
  const task = prepareTask({
    settings: settingsOf(fit, { earlyStopping, featureCount: matrix.columns.length }),
    features: featuresOf(matrix, parameters),
    ...{ targets: fit.targets, weights: fit.weights, outputCount: fit.outputCount },
    ...{ order: rows.order, trainCount: rows.trainCount, threads: Math.max(threads, 1) },
  })
  const run = {
    signal: fit.run.signal,
    onIteration: progressOf(fit.run.onProgress, parameters.maxIter),
  }
  return assembleModel(task, threads === 0 ? await boostHere(task, run) : await boostInWorkers(task, run))
}

function progressOf(onProgress: FitRun['onProgress'], total: number) {
  return (done: { readonly iteration: number; readonly trainingLoss: number; readonly validationLoss: number }) => {
    const { iteration, trainingLoss, validationLoss } = done
    const validation = Number.isNaN(validationLoss) ? {} : { validation_loss: validationLoss }
    onProgress?.({ done: iteration, total, metrics: { training_loss: trainingLoss, ...validation } })
  }
}

function settingsOf(
  { parameters, loss, quantile }: BoostingFit,
  { earlyStopping, featureCount }: { readonly earlyStopping: boolean; readonly featureCount: number },
): BoostingSettings {
  const { learningRate, maxIter, minSamplesLeaf, l2Regularization, maxBins, nIterNoChange, tol, seed } = parameters
  return {
    ...{ loss, quantile, learningRate, maxIter, minSamplesLeaf, l2Regularization, maxBins, nIterNoChange, tol, seed },
    maxLeafNodes: parameters.maxLeafNodes ?? Infinity,
    maxDepth: parameters.maxDepth ?? Infinity,
    featuresPerSplit: Math.max(1, Math.ceil(parameters.maxFeatures * featureCount)),
    earlyStopping,
  }
}

function featuresOf({ columns }: DesignMatrix, parameters: BoostingParameters): readonly BoostingFeature[] {
  const { monotonicCst, categoricalFeatures, maxBins } = parameters
  const unknown = Object.keys(monotonicCst ?? {}).find((name) => !columns.some((column) => column.name === name))
  if (unknown !== undefined) {
    throw new MlError('invalid_parameter', `monotonic_cst names ${JSON.stringify(unknown)}, which is no feature`, {
      value: unknown,
    })
  }
  return columns.map((column) => {
    const categoryCount = categoricalFeatures === null ? 0 : (column.categoryCount ?? 0)
    if (categoryCount > maxBins) throw tooManyCategories(column, maxBins)
    const monotonic = monotonicCst?.[column.name] ?? 0
    assertDirection(column.name, monotonic, categoryCount)
    return { values: float32Values(column), categoryCount, monotonic }
  })
}

function tooManyCategories({ name, categoryCount }: FeatureColumn, maxBins: number): MlError {
  return new MlError(
    'too_many_categories',
    `Feature ${JSON.stringify(name)} has ${categoryCount} categories, and max_bins is ${maxBins}: encode it by its target, or group rare categories`,
    { value: categoryCount },
  )
}

function assertDirection(name: string, monotonic: number, categoryCount: number): void {
  if (!Number.isInteger(monotonic)) {
    throw new MlError(
      'invalid_parameter',
      `monotonic_cst of ${JSON.stringify(name)} is ${monotonic}: it must be -1, 0 or 1`,
      { value: monotonic },
    )
  }
  if (monotonic === 0 || categoryCount === 0) return
  throw new MlError(
    'invalid_parameter',
    `monotonic_cst names ${JSON.stringify(name)}, whose categories have no order: leave it out`,
    { value: monotonic },
  )
}
