import { float64At } from '../data/element.js'
import type { Acceptance, Estimator, Features, FitInput } from '../estimators/estimator.js'
import { addLinearClassifierToGraph } from '../linear/add-linear-to-graph.js'
import type { LinearClassifier } from '../linear/linear-model.js'
import { predictLinearClassifier } from '../linear/predict-linear.js'
import type { ParameterTable } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { sumsByClass } from './discrete-nb.js'
import {
  alphaParameter,
  checkNaiveBayes,
  fitPriorParameter,
  logPriorsOf,
  namesOf,
  totalsByClass,
} from './naive-bayes-model.js'

export interface MultinomialNbParameters {
  readonly alpha: number
  readonly fitPrior: boolean
}

const parameters: ParameterTable<MultinomialNbParameters> = { alpha: alphaParameter, fitPrior: fitPriorParameter }

const accepts: Acceptance = {
  sparse: true,
  missing: false,
  categories: false,
  sampleWeights: true,
  wantsScaling: false,
  nonNegative: true,
}

/** Logarithms of the shares of features by class are a linear function, so the model is one. */
export interface MultinomialNb extends LinearClassifier {
  readonly kind: 'multinomial_nb'
}

/** Naive Bayes of counts, as words in texts. */
export const multinomialNb: Estimator<'classification', MultinomialNb, MultinomialNbParameters> = {
  kind: 'multinomial_nb',
  task: 'classification',
  sklearnName: 'MultinomialNB',
  parameters,
  accepts,

  async fit(input: FitInput<'classification'>): Promise<MultinomialNb> {
    const { alpha, fitPrior } = resolveParameters<MultinomialNbParameters>(parameters, input.parameters ?? {})
    const weights = checkNaiveBayes(input, accepts)
    const sums = await sumsByClass(input, weights)
    const names = namesOf(input)
    const totals = totalsByClass(input.target.labels.codes, weights, names.classes.length)
    return Object.freeze({
      kind: 'multinomial_nb',
      ...names,
      // Scikit-learn raises an alpha of 0 to 1e-10 too, where a logarithm of 0 would follow.
      coefficients: logShares(sums, Math.max(alpha, 1e-10), names.featureCount),
      intercepts: logPriorsOf(totals, fitPrior),
      link: 'softmax',
      iterations: 1,
      hasConverged: true,
    })
  },

  predict: (model: MultinomialNb, features: Features) => predictLinearClassifier(asSoftmax(model), features),
  addToGraph: (model, graph, features) => addLinearClassifierToGraph(asSoftmax(model), graph, features),
}

function logShares(sums: Float64Array, alpha: number, width: number): Float64Array {
  const logs = new Float64Array(sums.length)
  for (let start = 0; start < sums.length; start += width) {
    let total = 0
    for (let at = start; at < start + width; at++) total += float64At(sums, at) + alpha
    for (let at = start; at < start + width; at++) logs[at] = Math.log((float64At(sums, at) + alpha) / total)
  }
  return logs
}

/**
 * A linear classifier of two classes has one output, the difference of both, and the logistic link.
 */
export function asSoftmax<Model extends LinearClassifier>(model: Model): LinearClassifier {
  const { coefficients, intercepts, classes, featureCount } = model
  if (classes.length !== 2) return model
  const difference = new Float64Array(featureCount)
  for (let feature = 0; feature < featureCount; feature++) {
    difference[feature] = float64At(coefficients, featureCount + feature) - float64At(coefficients, feature)
  }
  const offset = float64At(intercepts, 1) - float64At(intercepts, 0)
  return { ...model, coefficients: difference, intercepts: Float64Array.of(offset), link: 'logistic' }
}
