import type { IsolationForest } from '../forest/isolation-model.js'
import { addTrees } from './add-trees.js'
import { oneValuePerLeaf } from './export-forest-regressor.js'
import type { GraphBuilder } from './onnx-graph.js'

/** Adds the trees and what makes a score of their path lengths; see `predictIsolationForest`. */
export function addIsolationForest(
  model: IsolationForest,
  graph: GraphBuilder,
  features: string,
): { readonly scores: string } {
  const constant = (hint: string, value: number) =>
    graph.constant(hint, { elementType: 'float32', shape: [1], values: [value] })
  const sums = addTrees(graph, features, { ...model, leaves: oneValuePerLeaf(model.pathLengths) })
  const scaled = graph.node({ operator: 'Mul', inputs: [sums, constant('path_factor', model.factor)] })
  const exponent = graph.node({ operator: 'Add', inputs: [scaled, constant('path_shift', model.shift)] })
  const power = graph.node({ operator: 'Pow', inputs: [constant('two', 2), exponent] })
  const scores = graph.node({ operator: 'Sub', inputs: [constant('offset', -model.offset), power] })
  const rows = graph.constant('row_shape', { elementType: 'int64', shape: [1], values: [-1] })
  return { scores: graph.node({ operator: 'Reshape', inputs: [scores, rows] }) }
}
