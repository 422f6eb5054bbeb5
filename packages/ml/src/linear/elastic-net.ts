import { float64At } from '../data/element.js'
import { type DenseRows, featureRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, checkValueTarget, featureNames } from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { total, weightsOrOnes } from '../estimators/row-weights.js'
import { MlError } from '../ml-error.js'
import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { createRandom } from '../random/create-random.js'
import { addLinearRegressorToGraph } from './add-linear-to-graph.js'
import { type ColumnMatrix, columnMatrix, type Means, noMeans, weightedMeans } from './column-matrix.js'
import { descendCoordinates } from './coordinate-descent.js'
import { denseAcceptance } from './linear-acceptance.js'
import { coefficientSizes, type LinearRegressor } from './linear-model.js'
import { interceptParameter, iterationsParameter, l1RatioParameter, toleranceParameter } from './linear-parameters.js'
import { predictLinearRegressor } from './predict-linear.js'
import { regressorModel } from './regressor-model.js'

/** Parameters of a lasso, with the meaning they have in scikit-learn. */
export interface LassoParameters {
  readonly alpha: number
  readonly fitIntercept: boolean
  readonly positive: boolean
  readonly selection: 'cyclic' | 'random'
  readonly tol: number
  readonly maxIter: number
  readonly seed: number
}

/** Parameters of an elastic net. */
export interface ElasticNetParameters extends LassoParameters {
  readonly l1Ratio: number
}

export const lassoParameters: ParameterTable<LassoParameters> = {
  alpha: parameter('number', {
    name: 'alpha',
    sklearnName: 'alpha',
    default: 1,
    min: 0,
    search: { low: 1e-4, high: 1e2, isLog: true },
    description: {
      en: 'Strength of the penalty on coefficients, against the mean squared error',
      fr: 'Force de la pénalité sur les coefficients, face à l’erreur quadratique moyenne',
    },
  }),
  fitIntercept: interceptParameter,
  positive: parameter('boolean', {
    name: 'positive',
    sklearnName: 'positive',
    default: false,
    description: {
      en: 'Whether coefficients must not be negative',
      fr: 'Si les coefficients ne doivent pas être négatifs',
    },
  }),
  selection: parameter('choice', {
    name: 'selection',
    sklearnName: 'selection',
    default: 'cyclic',
    choices: ['cyclic', 'random'],
    description: {
      en: 'Order in which coefficients are adjusted',
      fr: 'Ordre dans lequel les coefficients sont ajustés',
    },
  }),
  tol: toleranceParameter(1e-4, {
    en: 'Share of the squares of the target that the objective may be off its minimum',
    fr: 'Part des carrés de la cible dont l’objectif peut dépasser son minimum',
  }),
  maxIter: iterationsParameter(1000),
  seed: seedParameter,
}

export const elasticNetParameters: ParameterTable<ElasticNetParameters> = {
  ...lassoParameters,
  l1Ratio: l1RatioParameter(0.5),
}

const ofRegression = {
  task: 'regression',
  accepts: denseAcceptance,
  predict: predictLinearRegressor,
  addToGraph: addLinearRegressorToGraph,
  importances: coefficientSizes,
} as const

/** Least squares with a penalty on absolute coefficients, which makes some of them 0. */
export const lasso: Estimator<'regression', LinearRegressor, LassoParameters> = {
  ...ofRegression,
  kind: 'lasso',
  sklearnName: 'Lasso',
  parameters: lassoParameters,
  fit: (input) => fit('lasso', input, { l1Ratio: 1, ...resolveParameters(lassoParameters, input.parameters ?? {}) }),
}

/** Least squares with a penalty on absolute and on squared coefficients. */
export const elasticNet: Estimator<'regression', LinearRegressor, ElasticNetParameters> = {
  ...ofRegression,
  kind: 'elastic_net',
  sklearnName: 'ElasticNet',
  parameters: elasticNetParameters,
  fit: (input) => fit('elastic_net', input, resolveParameters(elasticNetParameters, input.parameters ?? {})),
}

async function fit(
  kind: string,
  input: FitInput<'regression'>,
  parameters: ElasticNetParameters,
): Promise<LinearRegressor> {
  const { features, target, sampleWeights } = input
  checkFeatures(features, denseAcceptance)
  checkValueTarget(features, target)
  checkSampleWeights(features, sampleWeights, denseAcceptance)
  const rows = featureRows(features)
  // The check above has refused sparse features already; the type does not know.
  if (rows.kind !== 'dense') throw new MlError('sparse_unsupported', 'Coordinate descent takes no sparse features')
  const given = weightsOrOnes(sampleWeights, rows.rowCount)
  const scale = rows.rowCount / total(given)
  const weights = given.map((weight) => scale * weight)
  const means = parameters.fitIntercept ? weightedMeans(rows, target.values, weights) : noMeans(rows.columnCount)
  const { alpha, l1Ratio, maxIter } = parameters
  const descended = await descendCoordinates(
    {
      ...centred(rows, target.values, { weights, means }),
      l1: alpha * l1Ratio * rows.rowCount,
      l2: alpha * (1 - l1Ratio) * rows.rowCount,
      isPositive: parameters.positive,
      random: parameters.selection === 'random' ? createRandom(parameters.seed) : null,
      tolerance: parameters.tol,
      maxIterations: maxIter,
      onIteration: (done, gap) =>
        input.onProgress?.({ done, total: maxIter, ...(gap === null ? {} : { metrics: { duality_gap: gap } }) }),
    },
    createPace(input.signal),
  )
  return regressorModel(kind, { ...descended, means, featureNames: featureNames(features) })
}

/** Features and target less their means, times the roots of the weights. */
function centred(
  { rowCount, columnCount, values }: DenseRows,
  target: Float64Array,
  { weights, means }: { readonly weights: Float64Array; readonly means: Means },
): { readonly features: ColumnMatrix; readonly target: Float64Array } {
  const features = columnMatrix(rowCount, columnCount)
  const roots = weights.map(Math.sqrt)
  for (let column = 0; column < columnCount; column++) {
    const mean = float64At(means.features, column)
    for (let row = 0; row < rowCount; row++) {
      const value = float64At(values, row * columnCount + column) - mean
      features.values[column * rowCount + row] = float64At(roots, row) * value
    }
  }
  return { features, target: target.map((value, row) => float64At(roots, row) * (value - means.target)) }
}
