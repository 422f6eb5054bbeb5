import type { DesignMatrix } from '../data/design-matrix.js'
import type { FitRun } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { binFeatures } from './bin-features.js'
import type { ForestRegressorParameters } from './forest-parameters.js'
import { assembleRegressor, type ForestRegressor, type ForestRegressorFrame } from './forest-regressor.js'
import type { ForestTask } from './forest-task.js'
import { growForest } from './grow-forest.js'
import { growthSettings } from './growth-settings.js'
import { type LeafScale, leafScale } from './leaf-unit.js'
import { outOfBagR2 } from './out-of-bag.js'
import { rowDraws } from './row-draws.js'
import { sharedFloats } from './shared-copy.js'

/** A checked set with what to make of it. */
export interface RegressorFit extends FitRun {
  readonly matrix: DesignMatrix
  readonly values: Float64Array
  readonly sampleWeights: Float64Array | undefined
  /** Of a forest; those of a single tree are turned into these. */
  readonly parameters: ForestRegressorParameters
  readonly randomSplits: boolean
  readonly frame: Pick<ForestRegressorFrame, 'kind' | 'parameters'>
}

/** Largest size of a target, so that predictions are float32 numbers. */
const targetMax = 1e38

/**
 * Fits a forest of regression trees of any kind. The same set, parameters and seed give the same model, bit by bit.
 * @throws MlError `invalid_target` for values beyond float32
 */
export async function fitForestRegressor(fit: RegressorFit): Promise<ForestRegressor> {
  const { matrix, values, parameters } = fit
  const row = values.findIndex((value) => Math.abs(value) > targetMax)
  if (row >= 0) {
    throw new MlError('invalid_target', `The target of row ${row} is ${values[row]}: trees take values up to 1e38`, {
      value: values[row],
    })
  }
  const scale = leafScale(values, parameters.nEstimators)
  const task = await valueTask(fit, scale)
  const trees = await growForest(task, parameters.nEstimators, fit)
  const featureNames = matrix.columns.map(({ name }) => name)
  const forest = assembleRegressor(trees, { ...fit.frame, featureNames, base: scale.base })
  if (!parameters.oobScore) return forest
  const outOfBagScore = await outOfBagR2(forest, { matrix, task, values, signal: fit.signal })
  return Object.freeze({ ...forest, outOfBagScore })
}

async function valueTask(fit: RegressorFit, { base, unit }: LeafScale): Promise<ForestTask> {
  const { matrix, values, sampleWeights, parameters, randomSplits } = fit
  const { rowCount, columns } = matrix
  const drawWeights = parameters.bootstrap ? (sampleWeights ?? null) : null
  return {
    rowCount,
    settings: growthSettings({ parameters, randomSplits }, { rowCount, featureCount: columns.length }),
    draws: rowDraws(parameters, rowCount, drawWeights),
    rowWeights: parameters.bootstrap || sampleWeights === undefined ? null : sharedFloats(sampleWeights),
    target: { kind: 'values', values: sharedFloats(values.map((value) => value - base)), leafUnit: unit },
    ...(await binFeatures(matrix, fit.signal)),
  }
}
