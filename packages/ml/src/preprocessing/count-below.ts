import { float32At, itemAt } from '../data/element.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'

/** How many of the ascending thresholds lie below the value; NaN is above all. */
export function countBelow(thresholds: Float32Array, value: number): number {
  let low = 0
  let high = thresholds.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= float32At(thresholds, middle)) high = middle
    else low = middle + 1
  }
  return low
}

interface Nodes {
  readonly treeIds: number[]
  readonly nodeIds: number[]
  readonly featureIds: number[]
  readonly values: number[]
  readonly modes: string[]
  readonly trueIds: number[]
  readonly falseIds: number[]
  readonly targetTreeIds: number[]
  readonly targetNodeIds: number[]
  readonly targetIds: number[]
  readonly weights: number[]
}

/**
 * The same count for every feature of float32 [N, F], as float32 [N, F]: a balanced tree for each feature, which takes the logarithm of
 * the number of thresholds where comparing with each of them would take a matrix of all.
 */
export function addCountBelow(graph: GraphBuilder, value: string, thresholds: readonly Float32Array[]): string {
  const nodes: Nodes = {
    treeIds: [],
    nodeIds: [],
    featureIds: [],
    values: [],
    modes: [],
    trueIds: [],
    falseIds: [],
    targetTreeIds: [],
    targetNodeIds: [],
    targetIds: [],
    weights: [],
  }
  for (let feature = 0; feature < thresholds.length; feature++) addTree(nodes, feature, itemAt(thresholds, feature))
  return graph.node({
    operator: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [value],
    attributes: {
      n_targets: { kind: 'int', value: thresholds.length },
      aggregate_function: { kind: 'string', value: 'SUM' },
      post_transform: { kind: 'string', value: 'NONE' },
      nodes_treeids: { kind: 'ints', values: nodes.treeIds },
      nodes_nodeids: { kind: 'ints', values: nodes.nodeIds },
      nodes_featureids: { kind: 'ints', values: nodes.featureIds },
      nodes_modes: { kind: 'strings', values: nodes.modes },
      nodes_values: { kind: 'floats', values: nodes.values },
      nodes_truenodeids: { kind: 'ints', values: nodes.trueIds },
      nodes_falsenodeids: { kind: 'ints', values: nodes.falseIds },
      target_treeids: { kind: 'ints', values: nodes.targetTreeIds },
      target_nodeids: { kind: 'ints', values: nodes.targetNodeIds },
      target_ids: { kind: 'ints', values: nodes.targetIds },
      target_weights: { kind: 'floats', values: nodes.weights },
    },
  })
}

function addTree(nodes: Nodes, feature: number, thresholds: Float32Array): void {
  let count = 0
  const grow = (low: number, high: number): number => {
    const id = count++
    const middle = (low + high) >>> 1
    const isLeaf = low === high
    const at = nodes.nodeIds.push(id) - 1
    nodes.treeIds.push(feature)
    nodes.featureIds.push(isLeaf ? 0 : feature)
    nodes.modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ')
    nodes.values.push(isLeaf ? 0 : float32At(thresholds, middle))
    nodes.trueIds.push(0)
    nodes.falseIds.push(0)
    if (isLeaf) {
      nodes.targetTreeIds.push(feature)
      nodes.targetNodeIds.push(id)
      nodes.targetIds.push(feature)
      nodes.weights.push(low)
      return id
    }
    nodes.trueIds[at] = grow(low, middle)
    nodes.falseIds[at] = grow(middle + 1, high)
    return id
  }
  grow(0, thresholds.length)
}
