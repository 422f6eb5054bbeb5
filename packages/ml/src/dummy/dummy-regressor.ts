import { float64At } from '../data/element.js'
import {
  checkFeatures,
  checkSampleWeights,
  checkValueTarget,
  featureCount,
  featureNames,
} from '../estimators/check-input.js'
import type { Estimator, Features, FitInput, FittedModel, ValuesPredicted } from '../estimators/estimator.js'
import { weightAt, weightedMean } from '../metrics/check-pairs.js'
import { binary, scalar, squeezeColumn } from '../onnx/graph-steps.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addZeros } from './dummy-classifier.js'

export interface DummyRegressorParameters {
  readonly strategy: 'mean' | 'median' | 'quantile'
  readonly quantile: number
}

const parameters: ParameterTable<DummyRegressorParameters> = {
  strategy: parameter('choice', {
    name: 'strategy',
    sklearnName: 'strategy',
    default: 'mean',
    choices: ['mean', 'median', 'quantile'],
    description: { en: 'The value that is predicted everywhere', fr: 'La valeur prédite partout' },
  }),
  quantile: parameter('number', {
    name: 'quantile',
    sklearnName: 'quantile',
    default: 0.5,
    min: 0,
    max: 1,
    description: { en: 'Which quantile, where the strategy is one', fr: 'Quel quantile, si la stratégie en est un' },
  }),
}

/** Says the same of every row. */
export interface DummyRegressor extends FittedModel {
  readonly kind: 'dummy_regressor'
  readonly featureCount: number
  readonly value: number
}

/** What any regressor has to beat: it looks at the target only. */
export const dummyRegressor: Estimator<'regression', DummyRegressor, DummyRegressorParameters> = {
  kind: 'dummy_regressor',
  task: 'regression',
  sklearnName: 'DummyRegressor',
  parameters,
  accepts: {
    sparse: true,
    missing: true,
    categories: true,
    sampleWeights: true,
    wantsScaling: false,
    nonNegative: false,
  },

  async fit(input: FitInput<'regression'>): Promise<DummyRegressor> {
    const { features, target, sampleWeights } = input
    const { strategy, quantile } = resolveParameters<DummyRegressorParameters>(parameters, input.parameters ?? {})
    checkFeatures(features, dummyRegressor.accepts)
    checkValueTarget(features, target)
    checkSampleWeights(features, sampleWeights, dummyRegressor.accepts)
    const { values } = target
    const value =
      strategy === 'mean'
        ? weightedMean(values.length, sampleWeights, (row) => float64At(values, row))
        : weightedQuantile(values, sampleWeights, strategy === 'median' ? 0.5 : quantile)
    return Object.freeze({
      kind: 'dummy_regressor',
      featureNames: featureNames(features),
      featureCount: featureCount(features),
      value,
    })
  },

  predict({ value }: DummyRegressor, { rowCount }: Features): ValuesPredicted {
    return { kind: 'values', values: new Float64Array(rowCount).fill(value) }
  },

  addToGraph({ value }, graph, features) {
    const values = binary(graph, 'Add', addZeros(graph, features), scalar(graph, 'value', value, 'float32'))
    return { values: squeezeColumn(graph, values) }
  },
}

/** Without weights as numpy's default, between the two nearest; with weights the first value at which their share is reached. */
function weightedQuantile(values: Float64Array, weights: Float64Array | undefined, share: number): number {
  const order = [...values.keys()].sort((a, b) => float64At(values, a) - float64At(values, b))
  const sorted = Float64Array.from(order, (row) => float64At(values, row))
  if (weights === undefined) {
    const position = share * (sorted.length - 1)
    const below = Math.floor(position)
    const above = Math.min(below + 1, sorted.length - 1)
    return float64At(sorted, below) + (position - below) * (float64At(sorted, above) - float64At(sorted, below))
  }
  const due = share * weights.reduce((before, weight) => before + weight, 0)
  let reached = 0
  for (const [index, row] of order.entries()) {
    reached += weightAt(weights, row)
    if (reached >= due) return float64At(sorted, index)
  }
  return float64At(sorted, sorted.length - 1)
}
