import { featureRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, checkValueTarget, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { weightsOrOnes } from '../estimators/row-weights.js'
import { MlError } from '../ml-error.js'
import type { ParameterTable } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addLinearRegressorToGraph } from './add-linear-to-graph.js'
import { noMeans, weightedMeans } from './column-matrix.js'
import { solveLeastSquares } from './least-squares.js'
import { denseAcceptance } from './linear-acceptance.js'
import { coefficientSizes, type LinearRegressor } from './linear-model.js'
import { interceptParameter, toleranceParameter } from './linear-parameters.js'
import { predictLinearRegressor } from './predict-linear.js'
import { regressorModel } from './regressor-model.js'

/** Parameters of ordinary least squares, with the meaning they have in scikit-learn. */
export interface LinearRegressionParameters {
  readonly fitIntercept: boolean
  readonly tol: number
}

export const linearRegressionParameters: ParameterTable<LinearRegressionParameters> = {
  fitIntercept: interceptParameter,
  tol: toleranceParameter(1e-6, {
    en: 'Share of the greatest singular value below which a direction counts as none (features that depend on each other)',
    fr: 'Part de la plus grande valeur singulière sous laquelle une direction ne compte pas (variables dépendantes)',
  }),
}

/** Ordinary least squares, exact; of least norm where features depend on each other. */
export const linearRegression: Estimator<'regression', LinearRegressor, LinearRegressionParameters> = {
  kind: 'linear_regression',
  task: 'regression',
  sklearnName: 'LinearRegression',
  parameters: linearRegressionParameters,
  accepts: { ...denseAcceptance, wantsScaling: false },
  fit: fitLinearRegression,
  predict: predictLinearRegressor,
  addToGraph: addLinearRegressorToGraph,
  importances: coefficientSizes,
}

async function fitLinearRegression(input: FitInput<'regression'>): Promise<LinearRegressor> {
  const { features, target, sampleWeights, signal } = input
  const { fitIntercept, tol } = resolveParameters(linearRegressionParameters, input.parameters ?? {})
  checkFeatures(features, denseAcceptance)
  checkValueTarget(features, target)
  checkSampleWeights(features, sampleWeights, denseAcceptance)
  const rows = featureRows(features)
  // The check above has refused sparse features already; the type does not know.
  if (rows.kind !== 'dense') throw new MlError('sparse_unsupported', 'Least squares takes no sparse features')
  const weights = weightsOrOnes(sampleWeights, rows.rowCount)
  const means = fitIntercept ? weightedMeans(rows, target.values, weights) : noMeans(rows.columnCount)
  const problem = { rows, target: target.values, weights, means, alpha: 0, tolerance: tol }
  const coefficients = await solveLeastSquares(problem, createPace(signal))
  input.onProgress?.({ done: 1, total: 1 })
  return regressorModel('linear_regression', { coefficients, means, featureNames: featureNames(features) })
}
