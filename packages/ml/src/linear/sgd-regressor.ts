import { float64At } from '../data/element.js'
import { featureRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, checkValueTarget, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { total, weightsOrOnes } from '../estimators/row-weights.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addLinearRegressorToGraph } from './add-linear-to-graph.js'
import { linearAcceptance } from './linear-acceptance.js'
import { coefficientSizes, type LinearRegressor } from './linear-model.js'
import { predictLinearRegressor } from './predict-linear.js'
import { assertRate } from './sgd-check.js'
import { descendStochastically } from './sgd-descent.js'
import { type SgdRegressorParameters, sgdRegressorParameters } from './sgd-parameters.js'

/** Linear regression by stochastic gradient descent. Features and target should be scaled. */
export const sgdRegressor: Estimator<'regression', LinearRegressor, SgdRegressorParameters> = {
  kind: 'sgd_regressor',
  task: 'regression',
  sklearnName: 'SGDRegressor',
  parameters: sgdRegressorParameters,
  accepts: linearAcceptance,
  fit: fitSgdRegressor,
  predict: predictLinearRegressor,
  addToGraph: addLinearRegressorToGraph,
  importances: coefficientSizes,
}

async function fitSgdRegressor(input: FitInput<'regression'>): Promise<LinearRegressor> {
  const { features, target, sampleWeights } = input
  const parameters = resolveParameters<SgdRegressorParameters>(sgdRegressorParameters, input.parameters ?? {})
  assertRate(parameters)
  checkFeatures(features, linearAcceptance)
  checkValueTarget(features, target)
  checkSampleWeights(features, sampleWeights, linearAcceptance)
  const rows = featureRows(features)
  const fitted = await descendStochastically(
    {
      rows,
      targets: target.values,
      weights: weightsOrOnes(sampleWeights, rows.rowCount),
      loss: parameters.loss,
      parameters,
      seed: parameters.seed,
      validationScore: shareExplained,
      onEpoch: (done, meanLoss) =>
        input.onProgress?.({ done, total: parameters.maxIter, metrics: { training_loss: meanLoss } }),
    },
    createPace(input.signal),
  )
  return Object.freeze({
    kind: 'sgd_regressor',
    featureNames: featureNames(features),
    featureCount: rows.columnCount,
    ...fitted,
  })
}

/** R2. */
function shareExplained(targets: Float64Array, scores: Float64Array): number {
  const mean = total(targets) / targets.length
  let left = 0
  let all = 0
  for (let index = 0; index < targets.length; index++) {
    left += (float64At(targets, index) - float64At(scores, index)) ** 2
    all += (float64At(targets, index) - mean) ** 2
  }
  return all === 0 ? 0 : 1 - left / all
}
