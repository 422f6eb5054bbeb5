import { float64At, int32At } from '../data/element.js'
import { type DenseRows, denseRows } from '../data/feature-rows.js'
import type { ClassesPredicted, Estimator, Features, FitInput } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { MlError } from '../ml-error.js'
import { binary, castTo, rowOf, softmax } from '../onnx/graph-steps.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import {
  checkNaiveBayes,
  logPriorsOf,
  type NaiveBayes,
  namesOf,
  predictJoint,
  totalsByClass,
} from './naive-bayes-model.js'

export interface GaussianNbParameters {
  readonly varSmoothing: number
}

const parameters: ParameterTable<GaussianNbParameters> = {
  varSmoothing: parameter('number', {
    name: 'varSmoothing',
    sklearnName: 'var_smoothing',
    default: 1e-9,
    min: 0,
    search: { low: 1e-12, high: 1e-2, isLog: true },
    description: {
      en: 'Share of the largest variance that is added to all, for stability',
      fr: 'Part de la plus grande variance ajoutée à toutes, pour la stabilité',
    },
  }),
}

/** Class after class, feature after feature. */
export interface GaussianNb extends NaiveBayes {
  readonly kind: 'gaussian_nb'
  readonly means: Float64Array
  readonly variances: Float64Array
}

/** Naive Bayes with a normal distribution of each feature in each class. */
export const gaussianNb: Estimator<'classification', GaussianNb, GaussianNbParameters> = {
  kind: 'gaussian_nb',
  task: 'classification',
  sklearnName: 'GaussianNB',
  parameters,
  accepts: {
    sparse: false,
    missing: false,
    categories: false,
    sampleWeights: true,
    wantsScaling: false,
    nonNegative: false,
  },

  async fit(input: FitInput<'classification'>): Promise<GaussianNb> {
    const { varSmoothing } = resolveParameters<GaussianNbParameters>(parameters, input.parameters ?? {})
    const weights = checkNaiveBayes(input, gaussianNb.accepts)
    if (!('columns' in input.features)) throw new MlError('sparse_unsupported', 'gaussian_nb takes no sparse features')
    const { codes, classes } = input.target.labels
    const rows = denseRows(input.features)
    const totals = totalsByClass(codes, weights, classes.length)
    const means = momentsByClass(rows, codes, weights, totals, (value) => value)
    const variances = momentsByClass(rows, codes, weights, totals, (value, at) => (value - float64At(means, at)) ** 2)
    const added = varSmoothing * largestVariance(rows)
    return Object.freeze({
      kind: 'gaussian_nb',
      ...namesOf(input),
      logPriors: logPriorsOf(totals, true),
      means,
      // A class without rows has variance 1: its prior keeps it from being predicted.
      variances: variances.map((variance, at) =>
        float64At(totals, Math.floor(at / rows.columnCount)) === 0 ? 1 : Math.max(variance + added, Number.MIN_VALUE),
      ),
    })
  },

  predict(model: GaussianNb, features: Features): ClassesPredicted {
    const { columnCount, rowCount, values } = modelRows(model, features) as DenseRows
    const { quadratic, linear, constants } = forms(model)
    const classCount = constants.length
    const joint = new Float64Array(rowCount * classCount)
    for (let row = 0; row < rowCount; row++) {
      for (let code = 0; code < classCount; code++) {
        let sum = float64At(constants, code)
        for (let column = 0; column < columnCount; column++) {
          const value = float64At(values, row * columnCount + column)
          const at = code * columnCount + column
          sum += value * (float64At(quadratic, at) * value + float64At(linear, at))
        }
        joint[row * classCount + code] = sum
      }
    }
    return predictJoint(joint, classCount)
  },

  addToGraph(model, graph, features) {
    const { quadratic, linear, constants } = forms(model)
    const shape = [model.featureCount, model.classes.length]
    const [doubled, plain] = [transposed(quadratic, shape), transposed(linear, shape)]
    const values = castTo(graph, features, 'float64')
    const squares = binary(graph, 'Mul', values, values)
    const byClass = binary(
      graph,
      'Add',
      binary(graph, 'MatMul', squares, graph.constant('quadratic', { elementType: 'float64', shape, values: doubled })),
      binary(graph, 'MatMul', values, graph.constant('linear', { elementType: 'float64', shape, values: plain })),
    )
    const joint = binary(graph, 'Add', byClass, rowOf(graph, 'constants', constants, 'float64'))
    return { probabilities: castTo(graph, softmax(graph, joint), 'float32') }
  },
}

/** The logarithm of each class as a quadratic function of the features. */
function forms({ means, variances, logPriors, featureCount }: GaussianNb) {
  const quadratic = variances.map((variance) => -0.5 / variance)
  const linear = means.map((mean, at) => mean / float64At(variances, at))
  const constants = logPriors.map((prior, code) => {
    let sum = prior
    for (let at = code * featureCount; at < (code + 1) * featureCount; at++) {
      const variance = float64At(variances, at)
      sum -= 0.5 * (Math.log(2 * Math.PI * variance) + float64At(means, at) ** 2 / variance)
    }
    return sum
  })
  return { quadratic, linear, constants }
}

function momentsByClass(
  { rowCount, columnCount, values }: DenseRows,
  codes: Int32Array,
  weights: Float64Array,
  totals: Float64Array,
  moment: (value: number, at: number) => number,
): Float64Array {
  const sums = new Float64Array(totals.length * columnCount)
  for (let row = 0; row < rowCount; row++) {
    const base = int32At(codes, row) * columnCount
    const weight = float64At(weights, row)
    for (let column = 0; column < columnCount; column++) {
      const value = float64At(values, row * columnCount + column)
      sums[base + column] = float64At(sums, base + column) + weight * moment(value, base + column)
    }
  }
  return sums.map((sum, at) => {
    const total = float64At(totals, Math.floor(at / columnCount))
    return total === 0 ? 0 : sum / total
  })
}

/** Of all rows, unweighted, as scikit-learn takes it. */
function largestVariance(rows: DenseRows): number {
  const { rowCount, columnCount } = rows
  const ones = new Float64Array(rowCount).fill(1)
  const all = new Int32Array(rowCount)
  const totals = Float64Array.of(rowCount)
  const means = momentsByClass(rows, all, ones, totals, (value) => value)
  const variances = momentsByClass(rows, all, ones, totals, (value, at) => (value - float64At(means, at)) ** 2)
  return columnCount === 0 ? 0 : Math.max(...variances)
}

/** From class after class to feature after feature. */
export function transposed(values: Float64Array, [features = 0, classes = 0]: readonly number[]): Float64Array {
  const turned = new Float64Array(values.length)
  for (let code = 0; code < classes; code++) {
    for (let feature = 0; feature < features; feature++) {
      turned[feature * classes + code] = float64At(values, code * features + feature)
    }
  }
  return turned
}
