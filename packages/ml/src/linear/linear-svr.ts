import { entryCount, type FeatureRows, featureRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, checkValueTarget, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { total, weightsOrOnes } from '../estimators/row-weights.js'
import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { createRandom } from '../random/create-random.js'
import { addLinearRegressorToGraph } from './add-linear-to-graph.js'
import { descendDual } from './dual-descent.js'
import { type FittedOutputs, fitLoss } from './fit-loss.js'
import { linearAcceptance } from './linear-acceptance.js'
import { coefficientSizes, type LinearRegressor } from './linear-model.js'
import {
  interceptParameter,
  interceptScalingParameter,
  inverseStrengthParameter,
  iterationsParameter,
  toleranceParameter,
} from './linear-parameters.js'
import { usefulThreads } from './loss-objective.js'
import { predictLinearRegressor } from './predict-linear.js'

/** Parameters of a linear support vector regression, with the meaning they have in scikit-learn. */
export interface LinearSvrParameters {
  readonly C: number
  readonly loss: 'epsilon_insensitive' | 'squared_epsilon_insensitive'
  readonly epsilon: number
  readonly fitIntercept: boolean
  readonly interceptScaling: number
  readonly tol: number
  readonly maxIter: number
  readonly seed: number
}

export const linearSvrParameters: ParameterTable<LinearSvrParameters> = {
  C: inverseStrengthParameter,
  loss: parameter('choice', {
    name: 'loss',
    sklearnName: 'loss',
    default: 'epsilon_insensitive',
    choices: ['epsilon_insensitive', 'squared_epsilon_insensitive'],
    description: {
      en: 'What an error beyond epsilon costs: itself, or its square',
      fr: 'Coût d’une erreur au-delà d’epsilon : elle-même, ou son carré',
    },
  }),
  epsilon: parameter('number', {
    name: 'epsilon',
    sklearnName: 'epsilon',
    default: 0,
    min: 0,
    description: {
      en: 'Error that costs nothing, in the unit of the target',
      fr: 'Erreur qui ne coûte rien, dans l’unité de la cible',
    },
  }),
  fitIntercept: interceptParameter,
  interceptScaling: interceptScalingParameter,
  tol: toleranceParameter(1e-4, {
    en: 'How far from its minimum the fit may stop, as a slope',
    fr: 'Écart au minimum auquel l’ajustement peut s’arrêter, en pente',
  }),
  maxIter: iterationsParameter(1000),
  seed: seedParameter,
}

/** Linear support vector regression. */
export const linearSvr: Estimator<'regression', LinearRegressor, LinearSvrParameters> = {
  kind: 'linear_svr',
  task: 'regression',
  sklearnName: 'LinearSVR',
  parameters: linearSvrParameters,
  accepts: linearAcceptance,
  fit: fitLinearSvr,
  predict: predictLinearRegressor,
  addToGraph: addLinearRegressorToGraph,
  importances: coefficientSizes,
}

async function fitLinearSvr(input: FitInput<'regression'>): Promise<LinearRegressor> {
  const { features, target, sampleWeights } = input
  const parameters = resolveParameters<LinearSvrParameters>(linearSvrParameters, input.parameters ?? {})
  checkFeatures(features, linearAcceptance)
  checkValueTarget(features, target)
  checkSampleWeights(features, sampleWeights, linearAcceptance)
  const threadCount = parameters.loss === 'epsilon_insensitive' ? 0 : usefulThreads(entryCount(features), 1, input)
  const rows = featureRows(features, threadCount > 0)
  const weights = weightsOrOnes(sampleWeights, rows.rowCount)
  const fit = { rows, weights, parameters, input, threadCount }
  const fitted = await (parameters.loss === 'epsilon_insensitive' ? fitAbsolute(fit) : fitSquared(fit))
  return Object.freeze({
    kind: 'linear_svr',
    featureNames: featureNames(features),
    featureCount: rows.columnCount,
    coefficients: fitted.coefficients,
    intercepts: fitted.intercepts,
    iterations: fitted.iterations,
    hasConverged: fitted.hasConverged,
  })
}

interface SvrFit {
  readonly rows: FeatureRows
  readonly weights: Float64Array
  readonly parameters: LinearSvrParameters
  readonly input: FitInput<'regression'>
  readonly threadCount: number
}

function fitSquared({ rows, weights, parameters, input, threadCount }: SvrFit): Promise<FittedOutputs> {
  const scale = 1 / total(weights)
  const l2 = scale / parameters.C
  return fitLoss({
    rows,
    outputCount: 1,
    loss: 'squared_epsilon',
    epsilon: parameters.epsilon,
    targets: input.target.values,
    weights,
    scale,
    l1: 0,
    l2,
    intercept: parameters.fitIntercept ? { l1: 0, l2: l2 / parameters.interceptScaling ** 2 } : null,
    bend: 2,
    tolerance: parameters.tol,
    maxIterations: parameters.maxIter,
    threadCount,
    run: input,
  })
}

async function fitAbsolute({ rows, weights, parameters, input }: SvrFit): Promise<FittedOutputs> {
  const { C, epsilon, maxIter } = parameters
  const high = weights.map((weight) => C * weight)
  const solution = await descendDual(
    {
      rows,
      targets: input.target.values,
      low: high.map((bound) => -bound),
      high,
      epsilon,
      interceptScaling: parameters.fitIntercept ? parameters.interceptScaling : 0,
      random: createRandom(parameters.seed),
      tolerance: parameters.tol,
      maxIterations: maxIter,
      onIteration: (done, violation) => input.onProgress?.({ done, total: maxIter, metrics: { violation } }),
    },
    createPace(input.signal),
  )
  return { ...solution, intercepts: Float64Array.of(solution.intercept) }
}
