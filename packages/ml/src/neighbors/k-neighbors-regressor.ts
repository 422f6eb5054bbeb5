import { float64At, int32At } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import { checkSampleWeights, checkValueTarget } from '../estimators/check-input.js'
import type { Estimator, Features, FitInput, ValuesPredicted } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { binary, castTo } from '../onnx/graph-steps.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addNeighborsToGraph } from './add-neighbors-to-graph.js'
import { forEachRow, keepRows, type NeighborRows, neighborsAccept, neighborWeights } from './neighbors-model.js'
import { type NeighborsParameters, neighborsParameters } from './neighbors-parameters.js'

export interface KNeighborsRegressor extends NeighborRows {
  /** Target of each training row. */
  readonly targets: Float64Array
}

/** The mean target of the nearest training rows. */
export const kNeighborsRegressor: Estimator<'regression', KNeighborsRegressor, NeighborsParameters> = {
  kind: 'k_neighbors_regressor',
  task: 'regression',
  sklearnName: 'KNeighborsRegressor',
  parameters: neighborsParameters,
  accepts: neighborsAccept,

  async fit({ features, target, sampleWeights, parameters }: FitInput<'regression'>): Promise<KNeighborsRegressor> {
    const resolved = resolveParameters<NeighborsParameters>(neighborsParameters, parameters ?? {})
    const kept = keepRows('k_neighbors_regressor', features, resolved)
    checkValueTarget(features, target)
    checkSampleWeights(features, sampleWeights, neighborsAccept)
    return Object.freeze({ ...kept, targets: target.values })
  },

  predict(model: KNeighborsRegressor, features: Features): ValuesPredicted {
    const { values, rowCount } = modelRows(model, features) as DenseRows
    const means = new Float64Array(rowCount)
    const weights = new Float64Array(model.parameters.nNeighbors)
    forEachRow(model, values, (row, neighbors) => {
      neighborWeights(model.parameters, neighbors, weights)
      let [sum, total] = [0, 0]
      for (let index = 0; index < weights.length; index++) {
        const weight = float64At(weights, index)
        sum += weight * float64At(model.targets, int32At(neighbors.rows, index))
        total += weight
      }
      means[row] = sum / total
    })
    return { kind: 'values', values: means }
  },

  addToGraph(model, graph, features) {
    const { rows, shares } = addNeighborsToGraph(model, graph, features)
    const targets = graph.constant('targets', {
      elementType: 'float64',
      shape: [model.rowCount],
      values: model.targets,
    })
    const own = graph.node({ operator: 'Gather', inputs: [targets, rows] })
    const axis = graph.constant('neighbor_axis', { elementType: 'int64', shape: [1], values: [1] })
    const means = graph.node({
      operator: 'ReduceSum',
      inputs: [binary(graph, 'Mul', own, shares), axis],
      attributes: { keepdims: { kind: 'int', value: 0 } },
    })
    return { values: castTo(graph, means, 'float32') }
  },
}
