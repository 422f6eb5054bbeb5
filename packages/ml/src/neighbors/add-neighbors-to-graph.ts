import { binary, castTo, columnAt, rowOf, scalar } from '../onnx/graph-steps.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import type { NeighborRows } from './neighbors-model.js'

/** Where the neighbours of each row stand in a graph. */
export interface GraphNeighbors {
  /** Training rows, int64 [N, k]. */
  readonly rows: string
  /** Weights that add up to 1, float64 [N, k]. */
  readonly shares: string
}

/**
 * Distances to all training rows, feature after feature, [N, rows] at once: a batch of n rows takes 8 * n * rows bytes.
 */
export function addNeighborsToGraph(model: NeighborRows, graph: GraphBuilder, features: string): GraphNeighbors {
  const { featureCount, rowCount, values, parameters } = model
  let distances: string | undefined
  for (let feature = 0; feature < featureCount; feature++) {
    const column = values.subarray(feature * rowCount, (feature + 1) * rowCount)
    const others = rowOf(graph, 'training_values', column, 'float32')
    const difference = binary(graph, 'Sub', columnAt(graph, features, feature), others)
    const part =
      parameters.metric === 'euclidean'
        ? binary(graph, 'Mul', difference, difference)
        : graph.node({ operator: 'Abs', inputs: [difference] })
    distances = distances === undefined ? part : binary(graph, 'Add', distances, part)
  }
  const count = graph.constant('neighbors', { elementType: 'int64', shape: [1], values: [parameters.nNeighbors] })
  const found = graph.nodeWith(2, {
    operator: 'TopK',
    inputs: [distances ?? features, count],
    attributes: {
      axis: { kind: 'int', value: 1 },
      largest: { kind: 'int', value: 0 },
      sorted: { kind: 'int', value: 1 },
    },
  })
  const [nearest = '', rows = ''] = found
  return { rows, shares: addShares(model, graph, nearest) }
}

function addShares({ parameters }: NeighborRows, graph: GraphBuilder, distances: string): string {
  const exact = castTo(graph, distances, 'float64')
  const zero = scalar(graph, 'zero', 0, 'float64')
  const one = scalar(graph, 'one', 1, 'float64')
  const axis = graph.constant('neighbor_axis', { elementType: 'int64', shape: [1], values: [1] })
  const sum = (value: string) => graph.node({ operator: 'ReduceSum', inputs: [value, axis] })
  if (parameters.weights === 'uniform') {
    const ones = binary(graph, 'Add', binary(graph, 'Mul', exact, zero), one)
    return binary(graph, 'Div', ones, sum(ones))
  }
  const isZero = binary(graph, 'Equal', exact, zero)
  const zeros = castTo(graph, isZero, 'float64')
  const lengths = parameters.metric === 'euclidean' ? graph.node({ operator: 'Sqrt', inputs: [exact] }) : exact
  const inverse = binary(graph, 'Div', one, lengths)
  const hasZero = binary(graph, 'Greater', sum(zeros), zero)
  const weights = graph.node({ operator: 'Where', inputs: [hasZero, zeros, inverse] })
  return binary(graph, 'Div', weights, sum(weights))
}
