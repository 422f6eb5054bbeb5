import { float64At } from '../data/element.js'
import type { Acceptance, Estimator, Features, FitInput } from '../estimators/estimator.js'
import { addLinearClassifierToGraph } from '../linear/add-linear-to-graph.js'
import type { LinearClassifier } from '../linear/linear-model.js'
import { predictLinearClassifier } from '../linear/predict-linear.js'
import { MlError } from '../ml-error.js'
import { binary, castTo, scalar } from '../onnx/graph-steps.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { binarised, sumsByClass } from './discrete-nb.js'
import { asSoftmax } from './multinomial-nb.js'
import {
  alphaParameter,
  checkNaiveBayes,
  fitPriorParameter,
  logPriorsOf,
  namesOf,
  totalsByClass,
} from './naive-bayes-model.js'

export interface BernoulliNbParameters {
  readonly alpha: number
  readonly binarize: number
  readonly fitPrior: boolean
}

const parameters: ParameterTable<BernoulliNbParameters> = {
  alpha: alphaParameter,
  binarize: parameter('number', {
    name: 'binarize',
    sklearnName: 'binarize',
    default: 0,
    description: { en: 'Values above this count as present', fr: 'Les valeurs au-dessus comptent comme présentes' },
  }),
  fitPrior: fitPriorParameter,
}

const accepts: Acceptance = {
  sparse: true,
  missing: false,
  categories: false,
  sampleWeights: true,
  wantsScaling: false,
  nonNegative: false,
}

/** Linear in whether each feature is present. */
export interface BernoulliNb extends LinearClassifier {
  readonly kind: 'bernoulli_nb'
  readonly threshold: number
}

/** Naive Bayes of features that are present or absent. */
export const bernoulliNb: Estimator<'classification', BernoulliNb, BernoulliNbParameters> = {
  kind: 'bernoulli_nb',
  task: 'classification',
  sklearnName: 'BernoulliNB',
  parameters,
  accepts,

  async fit(input: FitInput<'classification'>): Promise<BernoulliNb> {
    const resolved = resolveParameters<BernoulliNbParameters>(parameters, input.parameters ?? {})
    const weights = checkNaiveBayes(input, accepts)
    if (!('columns' in input.features) && resolved.binarize < 0) {
      throw new MlError(
        'invalid_parameter',
        'binarize is below 0: of sparse features the zeros would then be present',
        {
          value: resolved.binarize,
        },
      )
    }
    const alpha = Math.max(resolved.alpha, 1e-10)
    const names = namesOf(input)
    const sums = await sumsByClass(input, weights, resolved.binarize)
    const totals = totalsByClass(input.target.labels.codes, weights, names.classes.length)
    const width = names.featureCount
    const coefficients = new Float64Array(sums.length)
    const intercepts = logPriorsOf(totals, resolved.fitPrior)
    for (const [code, total] of totals.entries()) {
      for (let feature = 0; feature < width; feature++) {
        const share = (float64At(sums, code * width + feature) + alpha) / (total + 2 * alpha)
        const absent = Math.log(1 - share)
        coefficients[code * width + feature] = Math.log(share) - absent
        intercepts[code] = float64At(intercepts, code) + absent
      }
    }
    return Object.freeze({
      kind: 'bernoulli_nb',
      ...names,
      coefficients,
      intercepts,
      threshold: resolved.binarize,
      link: 'softmax',
      iterations: 1,
      hasConverged: true,
    })
  },

  predict: (model: BernoulliNb, features: Features) =>
    predictLinearClassifier(asSoftmax(model), binarised(features, model.threshold)),
  addToGraph(model, graph, features) {
    const isAbove = binary(graph, 'Greater', features, scalar(graph, 'threshold', model.threshold, 'float32'))
    return addLinearClassifierToGraph(asSoftmax(model), graph, castTo(graph, isAbove, 'float32'))
  },
}
