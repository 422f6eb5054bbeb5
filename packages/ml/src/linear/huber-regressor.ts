import { float64At } from '../data/element.js'
import { featureRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, checkValueTarget, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { total, weightsOrOnes } from '../estimators/row-weights.js'
import { MlError } from '../ml-error.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addLinearRegressorToGraph } from './add-linear-to-graph.js'
import { weightedMeans } from './column-matrix.js'
import { gramFactor, wholePrecondition } from './curvature.js'
import { type HuberProblem, huberObjective } from './huber-objective.js'
import type { Precondition } from './lbfgs-history.js'
import { denseAcceptance } from './linear-acceptance.js'
import { coefficientSizes, type LinearRegressor } from './linear-model.js'
import { interceptParameter, iterationsParameter, toleranceParameter } from './linear-parameters.js'
import { minimise } from './minimise.js'
import { predictLinearRegressor } from './predict-linear.js'

/** Parameters of a Huber regression, with the meaning they have in scikit-learn. */
export interface HuberParameters {
  readonly epsilon: number
  readonly alpha: number
  readonly fitIntercept: boolean
  readonly tol: number
  readonly maxIter: number
}

export const huberParameters: ParameterTable<HuberParameters> = {
  epsilon: parameter('number', {
    name: 'epsilon',
    sklearnName: 'epsilon',
    default: 1.35,
    min: 1,
    search: { low: 1, high: 3, isLog: false },
    description: {
      en: 'Errors beyond so many scales are outliers, which count by their size rather than by their square',
      fr: 'Au-delà de tant d’échelles, une erreur est aberrante et compte par sa taille plutôt que par son carré',
    },
  }),
  alpha: parameter('number', {
    name: 'alpha',
    sklearnName: 'alpha',
    default: 1e-4,
    min: 0,
    search: { low: 1e-6, high: 1e2, isLog: true },
    description: {
      en: 'Strength of the penalty on the squares of coefficients',
      fr: 'Force de la pénalité sur les carrés des coefficients',
    },
  }),
  fitIntercept: interceptParameter,
  tol: toleranceParameter(1e-5, {
    en: 'Largest slope of the objective at which the fit is done',
    fr: 'Plus grande pente de l’objectif à laquelle l’ajustement est terminé',
  }),
  maxIter: iterationsParameter(100),
}

/** A linear model with the scale of its errors, in the unit of the target. */
export interface HuberModel extends LinearRegressor {
  readonly scale: number
}

/** Linear regression that outliers disturb little. */
export const huberRegressor: Estimator<'regression', HuberModel, HuberParameters> = {
  kind: 'huber_regressor',
  task: 'regression',
  sklearnName: 'HuberRegressor',
  parameters: huberParameters,
  accepts: denseAcceptance,
  fit: fitHuber,
  predict: predictLinearRegressor,
  addToGraph: addLinearRegressorToGraph,
  importances: coefficientSizes,
}

async function fitHuber(input: FitInput<'regression'>): Promise<HuberModel> {
  const { features, target, sampleWeights } = input
  const parameters = resolveParameters<HuberParameters>(huberParameters, input.parameters ?? {})
  checkFeatures(features, denseAcceptance)
  checkValueTarget(features, target)
  checkSampleWeights(features, sampleWeights, denseAcceptance)
  const rows = featureRows(features)
  // The check above has refused sparse features already; the type does not know.
  if (rows.kind !== 'dense') throw new MlError('sparse_unsupported', 'Huber regression takes no sparse features')
  const weights = weightsOrOnes(sampleWeights, rows.rowCount)
  const { columnCount } = rows
  const problem = { ...parameters, rows, weights, target: target.values }
  const start = startParameters(problem)
  const { maxIter } = parameters
  const { parameters: fitted, ...minimum } = await minimise({
    objective: huberObjective(problem, createPace(input.signal)),
    start,
    tolerance: parameters.tol,
    maxIterations: maxIter,
    precondition: preconditionAt(problem, start),
    onIteration: ({ iteration, value }) =>
      input.onProgress?.({ done: iteration, total: maxIter, metrics: { training_loss: value } }),
  })
  return Object.freeze({
    kind: 'huber_regressor',
    featureNames: featureNames(features),
    featureCount: columnCount,
    coefficients: fitted.slice(0, columnCount),
    intercepts: fitted.slice(columnCount, columnCount + 1),
    scale: Math.exp(float64At(fitted, columnCount + 1)),
    iterations: minimum.iterations,
    hasConverged: minimum.hasConverged,
  })
}

/** The mean as intercept, and the spread about it as scale. */
function startParameters({ rows, target, weights, fitIntercept }: HuberProblem): Float64Array {
  const centre = fitIntercept ? weightedMeans(rows, target, weights).target : 0
  let squares = 0
  for (let row = 0; row < target.length; row++) {
    squares += float64At(weights, row) * (float64At(target, row) - centre) ** 2
  }
  const start = new Float64Array(rows.columnCount + 2)
  start[rows.columnCount] = centre
  start[rows.columnCount + 1] = Math.log(Math.sqrt(squares / total(weights)) || 1)
  return start
}

/** Inverse of the second derivative at the start, as if there were no outliers. */
function preconditionAt(
  { rows, weights, alpha, fitIntercept }: HuberProblem,
  start: Float64Array,
): Precondition | null {
  const scale = Math.exp(float64At(start, rows.columnCount + 1))
  const factor = gramFactor({ rows, weights, bend: 2 / scale, l2: 2 * alpha, interceptL2: fitIntercept ? 0 : null })
  if (factor === null) return null
  const precondition = wholePrecondition(factor, 1)
  const scaleInverse = 1 / (2 * scale * total(weights))
  return (vector) => {
    precondition(vector)
    vector[rows.columnCount + 1] = scaleInverse * float64At(vector, rows.columnCount + 1)
  }
}
