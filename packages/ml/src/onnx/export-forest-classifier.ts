import type { ForestClassifier } from '../forest/forest-classifier.js'
import { addTrees } from './add-trees.js'
import type { GraphBuilder } from './onnx-graph.js'

/**
 * Adds the trees with one output per class; see `Estimator.addToGraph`. The file gives the same labels and, to the bit, the same
 * probabilities as `predictForestClassifier`, whichever runtime and number of threads runs it.
 */
export function addForestClassifier(
  model: ForestClassifier,
  graph: GraphBuilder,
  features: string,
): { readonly probabilities: string } {
  const { classes, leafStarts, leafClasses, leafShares } = model
  const leaves = { outputCount: classes.length, starts: leafStarts, outputs: leafClasses, values: leafShares }
  const sums = addTrees(graph, features, { ...model, leaves })
  const treeCount = graph.constant('tree_count', { elementType: 'float32', shape: [1], values: [model.treeCount] })
  // A division, not a product with 1 / T: float32 division rounds once, as the trainer's prediction does.
  return { probabilities: graph.node({ operator: 'Div', inputs: [sums, treeCount] }) }
}
