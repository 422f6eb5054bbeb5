import type { ForestRegressor } from '../forest/forest-regressor.js'
import { addTrees } from './add-trees.js'
import type { GraphBuilder } from './onnx-graph.js'

/** Adds the trees, the division by their number and the base, so that the bits are those of `predictForestRegressor`. */
export function addForestRegressor(
  model: ForestRegressor,
  graph: GraphBuilder,
  features: string,
): { readonly values: string } {
  const sums = addTrees(graph, features, { ...model, leaves: oneValuePerLeaf(model.leafValues) })
  const treeCount = graph.constant('tree_count', { elementType: 'float32', shape: [1], values: [model.treeCount] })
  const mean = graph.node({ operator: 'Div', inputs: [sums, treeCount] })
  const base = graph.constant('base', { elementType: 'float32', shape: [1], values: [model.base] })
  const values = graph.node({ operator: 'Add', inputs: [mean, base] })
  const rows = graph.constant('row_shape', { elementType: 'int64', shape: [1], values: [-1] })
  return { values: graph.node({ operator: 'Reshape', inputs: [values, rows] }) }
}

/** Leaf by leaf one value of the only output. */
export function oneValuePerLeaf(values: Float32Array) {
  return {
    outputCount: 1,
    starts: Int32Array.from({ length: values.length + 1 }, (_, leaf) => leaf),
    outputs: new Int32Array(values.length),
    values,
  }
}
