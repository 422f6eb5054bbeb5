import { int32At, uint8At } from '../data/element.js'
import { nodeCovers, type TreeNodes } from '../forest/tree-nodes.js'
import type { GraphBuilder, OnnxAttribute } from './onnx-graph.js'

/** What the leaves of trees add to the outputs, in the order of the leaves. */
export interface LeafTargets {
  readonly outputCount: number
  /** By leaf: where its targets begin in the two lists below; one more entry than leaves. */
  readonly starts: Int32Array
  readonly outputs: Int32Array
  /** Such that float32 sums over all trees are exact. */
  readonly values: Float32Array
}

/**
 * Adds trees that sum up their leaves by output, float32 [N, outputCount]. The trees are always a regressor: of the classifier's
 * operator, releases of onnxruntime disagree about label and probabilities of two classes.
 */
export function addTrees(graph: GraphBuilder, features: string, trees: TreeNodes & { leaves: LeafTargets }): string {
  return graph.node({
    operator: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [features],
    attributes: ensembleAttributes(trees, trees.leaves),
  })
}

function ensembleAttributes(trees: TreeNodes, leaves: LeafTargets): Record<string, OnnxAttribute> {
  const { roots, featureIds, thresholds, rightOrLeaf, missingLeft } = trees
  const nodeCount = featureIds.length
  const treeIds = new Int32Array(nodeCount)
  const nodeIds = new Int32Array(nodeCount)
  const features = new Int32Array(nodeCount)
  const leftIds = new Int32Array(nodeCount)
  const rightIds = new Int32Array(nodeCount)
  const modes = new Array<string>(nodeCount)
  const targetTreeIds = new Int32Array(leaves.outputs.length)
  const targetNodeIds = new Int32Array(leaves.outputs.length)
  for (let tree = 0; tree < trees.treeCount; tree++) {
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
      targetTreeIds.fill(tree, int32At(leaves.starts, leaf), int32At(leaves.starts, leaf + 1))
      targetNodeIds.fill(node - root, int32At(leaves.starts, leaf), int32At(leaves.starts, leaf + 1))
    }
  }
  return {
    n_targets: { kind: 'int', value: leaves.outputCount },
    aggregate_function: { kind: 'string', value: 'SUM' },
    post_transform: { kind: 'string', value: 'NONE' },
    nodes_treeids: { kind: 'ints', values: treeIds },
    nodes_nodeids: { kind: 'ints', values: nodeIds },
    nodes_featureids: { kind: 'ints', values: features },
    nodes_modes: { kind: 'strings', values: modes },
    nodes_values: { kind: 'floats', values: thresholds },
    // For explanations: the training rows that reached each node.
    nodes_hitrates: { kind: 'floats', values: nodeCovers(trees) },
    nodes_truenodeids: { kind: 'ints', values: leftIds },
    nodes_falsenodeids: { kind: 'ints', values: rightIds },
    ...missingAttribute(missingLeft),
    target_treeids: { kind: 'ints', values: targetTreeIds },
    target_nodeids: { kind: 'ints', values: targetNodeIds },
    target_ids: { kind: 'ints', values: leaves.outputs },
    target_weights: { kind: 'floats', values: leaves.values },
  }
}

/** Without the attribute, missing values go right everywhere. */
function missingAttribute(missingLeft: Uint8Array): Record<string, OnnxAttribute> {
  let some = false
  for (let node = 0; node < missingLeft.length && !some; node++) some = uint8At(missingLeft, node) === 1
  return some ? { nodes_missing_value_tracks_true: { kind: 'ints', values: missingLeft } } : {}
}
