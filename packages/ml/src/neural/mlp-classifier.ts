import { int32At } from '../data/element.js'
import { type DenseRows, denseRows } from '../data/feature-rows.js'
import {
  checkClassTarget,
  checkFeatures,
  checkSampleWeights,
  featureCount,
  featureNames,
} from '../estimators/check-input.js'
import { classesOf } from '../estimators/class-columns.js'
import type {
  Acceptance,
  ClassesPredicted,
  Estimator,
  Features,
  FitInput,
  FittedModel,
} from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { MlError } from '../ml-error.js'
import { binary, castTo, scalar } from '../onnx/graph-steps.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { stratifiedSplit } from '../selection/stratified-split.js'
import { addMlpToGraph } from './add-mlp-to-graph.js'
import { fitMlp } from './fit-mlp.js'
import type { MlpLayer, OutputLink } from './mlp-network.js'
import { type MlpParameters, mlpParameters } from './mlp-parameters.js'
import { predictNetwork } from './predict-network.js'

export const mlpAccepts: Acceptance = {
  sparse: false,
  missing: false,
  categories: false,
  sampleWeights: false,
  wantsScaling: true,
  nonNegative: false,
}

export interface MlpModel extends FittedModel {
  readonly featureCount: number
  readonly layers: readonly MlpLayer[]
  readonly activation: MlpParameters['activation']
  readonly link: OutputLink
  readonly iterations: number
  readonly loss: number
  /** False where the passes ran out before the loss stood still. */
  readonly hasConverged: boolean
}

/** One output for two classes, whose value is the probability of the second; otherwise one per class. */
export interface MlpClassifier extends MlpModel {
  readonly kind: 'mlp_classifier'
  readonly classes: readonly string[]
}

/** A multilayer perceptron: layers of units, trained by back-propagation. */
export const mlpClassifier: Estimator<'classification', MlpClassifier, MlpParameters> = {
  kind: 'mlp_classifier',
  task: 'classification',
  sklearnName: 'MLPClassifier',
  parameters: mlpParameters,
  accepts: mlpAccepts,

  async fit(input: FitInput<'classification'>): Promise<MlpClassifier> {
    const { features, target, sampleWeights } = input
    const parameters = resolveParameters<MlpParameters>(mlpParameters, input.parameters ?? {})
    checkFeatures(features, mlpAccepts)
    checkClassTarget(features, target)
    checkSampleWeights(features, sampleWeights, mlpAccepts)
    if (!('columns' in features)) throw new MlError('sparse_unsupported', 'mlp_classifier takes no sparse features')
    const { codes, classes } = target.labels
    const outputs = classes.length === 2 ? 1 : classes.length
    const link = outputs === 1 ? 'logistic' : 'softmax'
    const { earlyStopping, validationFraction, seed } = parameters
    const all = Int32Array.from(codes.keys())
    const split = earlyStopping
      ? stratifiedSplit(target.labels, { testShare: validationFraction, seed })
      : { trainRows: all, testRows: new Int32Array(0) }
    const fitted = await fitMlp(
      {
        rows: denseRows(features),
        targets: classTargets(codes, outputs),
        outputs,
        link,
        parameters,
        trainRows: split.trainRows,
        validationRows: split.testRows,
        score: (predicted, rows) => accuracyOf(predicted, rows, codes, outputs),
      },
      input,
    )
    return Object.freeze({
      kind: 'mlp_classifier',
      featureNames: featureNames(features),
      featureCount: featureCount(features),
      classes,
      activation: parameters.activation,
      link,
      ...fitted,
    })
  },

  predict(model: MlpClassifier, features: Features): ClassesPredicted {
    const rows = modelRows(model, features) as DenseRows
    const predicted = predictNetwork(model.layers, rows, model)
    return classesOf(model.classes.length === 2 ? withFirst(predicted) : predicted, model.classes.length)
  },

  addToGraph(model, graph, features) {
    const values = addMlpToGraph(model, graph, features)
    if (model.link === 'softmax') return { probabilities: castTo(graph, values, 'float32') }
    const first = binary(graph, 'Sub', scalar(graph, 'one', 1, 'float64'), values)
    const both = graph.node({
      operator: 'Concat',
      inputs: [first, values],
      attributes: { axis: { kind: 'int', value: 1 } },
    })
    return { probabilities: castTo(graph, both, 'float32') }
  },
}

function classTargets(codes: Int32Array, outputs: number): Float64Array {
  const targets = new Float64Array(codes.length * outputs)
  for (let row = 0; row < codes.length; row++) {
    const code = int32At(codes, row)
    if (outputs === 1) targets[row] = code
    else targets[row * outputs + code] = 1
  }
  return targets
}

function accuracyOf(predicted: Float64Array, rows: Int32Array, codes: Int32Array, outputs: number): number {
  const classes = classesOf(outputs === 1 ? withFirst(predicted) : predicted, Math.max(2, outputs)).codes
  let hits = 0
  for (let index = 0; index < rows.length; index++) if (classes[index] === codes[int32At(rows, index)]) hits++
  return hits / rows.length
}

/** The probability of the first class before each one of the second. */
function withFirst(second: Float64Array): Float64Array {
  const both = new Float64Array(2 * second.length)
  for (const [row, value] of second.entries()) {
    both[2 * row] = 1 - value
    both[2 * row + 1] = value
  }
  return both
}
