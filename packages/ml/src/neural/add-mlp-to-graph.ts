import { binary, castTo, rowOf, softmax } from '../onnx/graph-steps.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import type { MlpLayer, OutputLink } from './mlp-network.js'
import type { MlpParameters } from './mlp-parameters.js'

const operators = { relu: 'Relu', tanh: 'Tanh', logistic: 'Sigmoid', identity: null } as const

/** The layers in float64, as they are trained; gives float64 [N, outputs]. */
export function addMlpToGraph(
  network: {
    readonly layers: readonly MlpLayer[]
    readonly activation: MlpParameters['activation']
    readonly link: OutputLink
  },
  graph: GraphBuilder,
  features: string,
): string {
  const { layers, activation, link } = network
  let value = castTo(graph, features, 'float64')
  for (const [index, { inputs, outputs, weights, biases }] of layers.entries()) {
    const matrix = graph.constant('weights', { elementType: 'float64', shape: [inputs, outputs], values: weights })
    value = binary(graph, 'Add', binary(graph, 'MatMul', value, matrix), rowOf(graph, 'biases', biases, 'float64'))
    const operator = index < layers.length - 1 ? operators[activation] : link === 'logistic' ? 'Sigmoid' : null
    if (operator !== null) value = graph.node({ operator, inputs: [value] })
  }
  return link === 'softmax' ? softmax(graph, value) : value
}
