import { int32At } from '../data/element.js'
import type { ForestClassifier } from '../forest/forest-classifier.js'
import { type ExportEstimatorOptions, exportEstimator } from './export-estimator.js'
import type { GraphBuilder, OnnxAttribute } from './onnx-graph.js'

/**
 * Writes a forest as an ONNX file that gives the same labels and, to the bit, the same probabilities as
 * `predictForestClassifier`, whichever runtime and number of threads runs it. The same model and options give the same
 * bytes.
 * @throws MlError `length_mismatch`, `invalid_name`, `duplicate_name`, `reserved_name` or `model_too_large`
 */
export function exportForestClassifier(model: ForestClassifier, options: ExportEstimatorOptions = {}): Uint8Array {
  return exportEstimator({ task: 'classification', addToGraph: addForestClassifier }, model, options)
}

/** Adds the trees; see `Estimator.addToGraph`. */
export function addForestClassifier(
  model: ForestClassifier,
  graph: GraphBuilder,
  features: string,
): { readonly probabilities: string } {
  const sums = graph.node({
    operator: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [features],
    attributes: ensembleAttributes(model),
  })
  const treeCount = graph.constant('tree_count', { elementType: 'float32', shape: [1], values: [model.treeCount] })
  return { probabilities: divide(graph, sums, treeCount) }
}

/** A division, not a product with 1 / T: float32 division rounds once, as the trainer's prediction does. */
function divide(graph: GraphBuilder, sums: string, treeCount: string): string {
  return graph.node({ operator: 'Div', inputs: [sums, treeCount] })
}

/**
 * The trees as a regressor with one target per class, whose sums are exact. The classifier operator is not used: for two
 * classes, releases of onnxruntime disagree about its label and probabilities.
 */
function ensembleAttributes(model: ForestClassifier): Record<string, OnnxAttribute> {
  const { roots, featureIds, thresholds, rightOrLeaf, leafStarts, leafClasses, leafShares } = model
  const nodeCount = featureIds.length
  const treeIds = new Int32Array(nodeCount)
  const nodeIds = new Int32Array(nodeCount)
  const features = new Int32Array(nodeCount)
  const leftIds = new Int32Array(nodeCount)
  const rightIds = new Int32Array(nodeCount)
  const modes = new Array<string>(nodeCount)
  const targetTreeIds = new Int32Array(leafClasses.length)
  const targetNodeIds = new Int32Array(leafClasses.length)
  for (let tree = 0; tree < model.treeCount; tree++) {
    const root = int32At(roots, tree)
    for (let node = root; node < int32At(roots, tree + 1); node++) {
      const feature = int32At(featureIds, node)
      treeIds[node] = tree
      nodeIds[node] = node - root
      modes[node] = feature < 0 ? 'LEAF' : 'BRANCH_LEQ'
      if (feature >= 0) {
        features[node] = feature
        leftIds[node] = node + 1 - root
        rightIds[node] = int32At(rightOrLeaf, node) - root
        continue
      }
      const leaf = int32At(rightOrLeaf, node)
      targetTreeIds.fill(tree, int32At(leafStarts, leaf), int32At(leafStarts, leaf + 1))
      targetNodeIds.fill(node - root, int32At(leafStarts, leaf), int32At(leafStarts, leaf + 1))
    }
  }
  return {
    n_targets: { kind: 'int', value: model.classes.length },
    aggregate_function: { kind: 'string', value: 'SUM' },
    post_transform: { kind: 'string', value: 'NONE' },
    nodes_treeids: { kind: 'ints', values: treeIds },
    nodes_nodeids: { kind: 'ints', values: nodeIds },
    nodes_featureids: { kind: 'ints', values: features },
    nodes_modes: { kind: 'strings', values: modes },
    nodes_values: { kind: 'floats', values: thresholds },
    nodes_truenodeids: { kind: 'ints', values: leftIds },
    nodes_falsenodeids: { kind: 'ints', values: rightIds },
    target_treeids: { kind: 'ints', values: targetTreeIds },
    target_nodeids: { kind: 'ints', values: targetNodeIds },
    target_ids: { kind: 'ints', values: leafClasses },
    target_weights: { kind: 'floats', values: leafShares },
  }
}
