import { float64At, int32At } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import { checkClassTarget, checkSampleWeights } from '../estimators/check-input.js'
import { classesOf } from '../estimators/class-columns.js'
import type { ClassesPredicted, Estimator, Features, FitInput } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { binary, castTo } from '../onnx/graph-steps.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { addNeighborsToGraph } from './add-neighbors-to-graph.js'
import { forEachRow, keepRows, type NeighborRows, neighborsAccept, neighborWeights } from './neighbors-model.js'
import { type NeighborsParameters, neighborsParameters } from './neighbors-parameters.js'

export interface KNeighborsClassifier extends NeighborRows {
  readonly classes: readonly string[]
  /** Class of each training row. */
  readonly codes: Int32Array
}

/** The class that most of the nearest training rows have. */
export const kNeighborsClassifier: Estimator<'classification', KNeighborsClassifier, NeighborsParameters> = {
  kind: 'k_neighbors_classifier',
  task: 'classification',
  sklearnName: 'KNeighborsClassifier',
  parameters: neighborsParameters,
  accepts: neighborsAccept,

  async fit({
    features,
    target,
    sampleWeights,
    parameters,
  }: FitInput<'classification'>): Promise<KNeighborsClassifier> {
    const resolved = resolveParameters<NeighborsParameters>(neighborsParameters, parameters ?? {})
    const kept = keepRows('k_neighbors_classifier', features, resolved)
    checkClassTarget(features, target)
    checkSampleWeights(features, sampleWeights, neighborsAccept)
    return Object.freeze({ ...kept, classes: target.labels.classes, codes: target.labels.codes })
  },

  predict(model: KNeighborsClassifier, features: Features): ClassesPredicted {
    const { values, rowCount } = modelRows(model, features) as DenseRows
    const classCount = model.classes.length
    const shares = new Float64Array(rowCount * classCount)
    const weights = new Float64Array(model.parameters.nNeighbors)
    forEachRow(model, values, (row, neighbors) => {
      neighborWeights(model.parameters, neighbors, weights)
      let total = 0
      for (let index = 0; index < weights.length; index++) total += float64At(weights, index)
      for (let index = 0; index < weights.length; index++) {
        const at = row * classCount + int32At(model.codes, int32At(neighbors.rows, index))
        shares[at] = float64At(shares, at) + float64At(weights, index) / total
      }
    })
    return classesOf(shares, classCount)
  },

  addToGraph(model, graph, features) {
    const { rows, shares } = addNeighborsToGraph(model, graph, features)
    const codes = graph.constant('codes', { elementType: 'int64', shape: [model.rowCount], values: model.codes })
    const own = graph.node({ operator: 'Gather', inputs: [codes, rows] })
    const depth = graph.constant('class_count', { elementType: 'int64', shape: [1], values: [model.classes.length] })
    const values = graph.constant('off_on', { elementType: 'float32', shape: [2], values: [0, 1] })
    const isClass = graph.node({
      operator: 'OneHot',
      inputs: [own, depth, values],
      attributes: { axis: { kind: 'int', value: -1 } },
    })
    const axes = graph.constant('share_axis', { elementType: 'int64', shape: [1], values: [2] })
    const weighted = binary(
      graph,
      'Mul',
      castTo(graph, isClass, 'float64'),
      graph.node({ operator: 'Unsqueeze', inputs: [shares, axes] }),
    )
    const neighborAxis = graph.constant('neighbor_axis', { elementType: 'int64', shape: [1], values: [1] })
    const byClass = graph.node({
      operator: 'ReduceSum',
      inputs: [weighted, neighborAxis],
      attributes: { keepdims: { kind: 'int', value: 0 } },
    })
    return { probabilities: castTo(graph, byClass, 'float32') }
  },
}
