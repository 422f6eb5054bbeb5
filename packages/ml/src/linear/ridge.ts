import { featureRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, checkValueTarget, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { weightsOrOnes } from '../estimators/row-weights.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addLinearRegressorToGraph } from './add-linear-to-graph.js'
import { noMeans, weightedMeans } from './column-matrix.js'
import { solveLeastSquares } from './least-squares.js'
import { linearAcceptance } from './linear-acceptance.js'
import { coefficientSizes, type LinearRegressor } from './linear-model.js'
import { interceptParameter, iterationsParameter } from './linear-parameters.js'
import { predictLinearRegressor } from './predict-linear.js'
import { regressorModel } from './regressor-model.js'
import { solveSparseRidge } from './sparse-ridge.js'

/** Parameters of a ridge regression, with the meaning they have in scikit-learn. */
export interface RidgeParameters {
  readonly alpha: number
  readonly fitIntercept: boolean
  readonly maxIter: number
}

export const ridgeParameters: ParameterTable<RidgeParameters> = {
  alpha: parameter('number', {
    name: 'alpha',
    sklearnName: 'alpha',
    default: 1,
    min: 0,
    search: { low: 1e-4, high: 1e4, isLog: true },
    description: {
      en: 'Strength of the penalty on the squares of coefficients; 0 is ordinary least squares',
      fr: 'Force de la pénalité sur les carrés des coefficients ; 0 donne les moindres carrés ordinaires',
    },
  }),
  fitIntercept: interceptParameter,
  maxIter: iterationsParameter(10_000),
}

/** Ridge regression: exact for dense features, by conjugate gradients to the last useful digit for sparse ones. */
export const ridge: Estimator<'regression', LinearRegressor, RidgeParameters> = {
  kind: 'ridge',
  task: 'regression',
  sklearnName: 'Ridge',
  parameters: ridgeParameters,
  accepts: linearAcceptance,
  fit: fitRidge,
  predict: predictLinearRegressor,
  addToGraph: addLinearRegressorToGraph,
  importances: coefficientSizes,
}

/** Of alpha 0, singular values below this share count as none. */
const tolerance = 1e-12

async function fitRidge(input: FitInput<'regression'>): Promise<LinearRegressor> {
  const { features, target, sampleWeights, signal } = input
  const { alpha, fitIntercept, maxIter } = resolveParameters(ridgeParameters, input.parameters ?? {})
  checkFeatures(features, linearAcceptance)
  checkValueTarget(features, target)
  checkSampleWeights(features, sampleWeights, linearAcceptance)
  const rows = featureRows(features)
  const weights = weightsOrOnes(sampleWeights, rows.rowCount)
  const means = fitIntercept ? weightedMeans(rows, target.values, weights) : noMeans(rows.columnCount)
  const pace = createPace(signal)
  const problem = { target: target.values, weights, means, alpha }
  if (rows.kind === 'dense') {
    const coefficients = await solveLeastSquares({ ...problem, rows, tolerance }, pace)
    input.onProgress?.({ done: 1, total: 1 })
    return regressorModel('ridge', { coefficients, means, featureNames: featureNames(features) })
  }
  const onIteration = (done: number) => input.onProgress?.({ done, total: maxIter })
  const solved = await solveSparseRidge({ ...problem, rows, maxIterations: maxIter, onIteration }, pace)
  return regressorModel('ridge', { ...solved, means, featureNames: featureNames(features) })
}
