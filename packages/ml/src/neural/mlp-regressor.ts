import { float64At } from '../data/element.js'
import { type DenseRows, denseRows } from '../data/feature-rows.js'
import {
  checkFeatures,
  checkSampleWeights,
  checkValueTarget,
  featureCount,
  featureNames,
} from '../estimators/check-input.js'
import type { Estimator, Features, FitInput, ValuesPredicted } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { regressionScores } from '../metrics/regression.js'
import { MlError } from '../ml-error.js'
import { castTo, squeezeColumn } from '../onnx/graph-steps.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { randomSplit } from '../selection/hold-out.js'
import { addMlpToGraph } from './add-mlp-to-graph.js'
import { fitMlp } from './fit-mlp.js'
import { type MlpModel, mlpAccepts } from './mlp-classifier.js'
import { type MlpParameters, mlpParameters } from './mlp-parameters.js'
import { predictNetwork } from './predict-network.js'

export interface MlpRegressor extends MlpModel {
  readonly kind: 'mlp_regressor'
}

/** A multilayer perceptron with one number as its output. */
export const mlpRegressor: Estimator<'regression', MlpRegressor, MlpParameters> = {
  kind: 'mlp_regressor',
  task: 'regression',
  sklearnName: 'MLPRegressor',
  parameters: mlpParameters,
  accepts: mlpAccepts,

  async fit(input: FitInput<'regression'>): Promise<MlpRegressor> {
    const { features, target, sampleWeights } = input
    const parameters = resolveParameters<MlpParameters>(mlpParameters, input.parameters ?? {})
    checkFeatures(features, mlpAccepts)
    checkValueTarget(features, target)
    checkSampleWeights(features, sampleWeights, mlpAccepts)
    if (!('columns' in features)) throw new MlError('sparse_unsupported', 'mlp_regressor takes no sparse features')
    const { values } = target
    const { earlyStopping, validationFraction, seed } = parameters
    const split = earlyStopping
      ? randomSplit(values.length, { testShare: validationFraction, seed })
      : { trainRows: Int32Array.from(values.keys()), testRows: new Int32Array(0) }
    const fitted = await fitMlp(
      {
        rows: denseRows(features),
        targets: values,
        outputs: 1,
        link: 'identity',
        parameters,
        trainRows: split.trainRows,
        validationRows: split.testRows,
        score: (predicted, rows) =>
          regressionScores(
            Float64Array.from(rows, (row) => float64At(values, row)),
            predicted,
          ).r2,
      },
      input,
    )
    return Object.freeze({
      kind: 'mlp_regressor',
      featureNames: featureNames(features),
      featureCount: featureCount(features),
      activation: parameters.activation,
      link: 'identity',
      ...fitted,
    })
  },

  predict(model: MlpRegressor, features: Features): ValuesPredicted {
    const rows = modelRows(model, features) as DenseRows
    return { kind: 'values', values: predictNetwork(model.layers, rows, model) }
  },

  addToGraph(model, graph, features) {
    return { values: castTo(graph, squeezeColumn(graph, addMlpToGraph(model, graph, features)), 'float32') }
  },
}
