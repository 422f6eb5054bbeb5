import { int32At, itemAt } from '../data/element.js'
import type { GraphBuilder, OnnxAttribute } from '../onnx/onnx-graph.js'
import type { BoostedModel } from './boosted-model.js'
import { aboveHalf, belowOne } from './link.js'
import { setHas } from './split-record.js'

/** Adds the trees: outputs before the link, float32 [N, K], to the bit those of `rawPredictions`. */
export function addRawPredictions(model: BoostedModel, graph: GraphBuilder, features: string): string {
  const sides = categorySides(model)
  const sums = graph.node({
    operator: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [addCategorySides(model, graph, { features, sides })],
    attributes: ensembleAttributes(
      model,
      sides.flatMap(({ nodes }) => nodes),
    ),
  })
  const baseline = graph.constant('baseline', {
    elementType: 'float32',
    shape: [model.baseline.length],
    values: model.baseline,
  })
  return graph.node({ operator: 'Add', inputs: [sums, baseline] })
}

/** Probabilities of two classes, as `binaryProbabilities`. */
export function addBinaryLink(graph: GraphBuilder, raw: string): string {
  const scalar = (hint: string, value: number) =>
    graph.constant(hint, { elementType: 'float32', shape: [1], values: [value] })
  const share = graph.node({ operator: 'Sigmoid', inputs: [raw] })
  const isSecond = graph.node({ operator: 'Greater', inputs: [raw, scalar('zero', 0)] })
  const high = graph.node({ operator: 'Max', inputs: [share, scalar('above_half', aboveHalf)] })
  const low = graph.node({ operator: 'Min', inputs: [share, scalar('half', 0.5)] })
  const second = graph.node({ operator: 'Where', inputs: [isSecond, high, low] })
  const first = graph.node({ operator: 'Sub', inputs: [scalar('one', 1), second] })
  return concat(graph, [first, second])
}

/** Scores -s and s of two classes, of the one output s. */
export function addBothScores(graph: GraphBuilder, raw: string): string {
  return concat(graph, [graph.node({ operator: 'Neg', inputs: [raw] }), raw])
}

/** Probabilities of more classes, as `softmaxProbabilities`. */
export function addSoftmaxLink(graph: GraphBuilder, raw: string): string {
  const axis: Record<string, OnnxAttribute> = { axis: { kind: 'int', value: 1 } }
  const axes: Record<string, OnnxAttribute> = {
    axes: { kind: 'ints', values: [1] },
    keepdims: { kind: 'int', value: 1 },
  }
  const shares = graph.node({ operator: 'Softmax', inputs: [raw], attributes: axis })
  const top = graph.node({ operator: 'ReduceMax', inputs: [raw], attributes: axes })
  const greatest = graph.node({ operator: 'ReduceMax', inputs: [shares], attributes: axes })
  const factor = graph.constant('below_one', { elementType: 'float32', shape: [1], values: [belowOne] })
  const limit = graph.node({ operator: 'Mul', inputs: [greatest, factor] })
  const others = graph.node({ operator: 'Min', inputs: [shares, limit] })
  const isTop = graph.node({ operator: 'Equal', inputs: [raw, top] })
  return graph.node({ operator: 'Where', inputs: [isTop, greatest, others] })
}

/** Numbers [N] of one output. */
export function addValues(graph: GraphBuilder, raw: string, isExponential: boolean): string {
  const axes = graph.constant('output_axis', { elementType: 'int64', shape: [1], values: [1] })
  const values = graph.node({ operator: 'Squeeze', inputs: [raw, axes] })
  return isExponential ? graph.node({ operator: 'Exp', inputs: [values] }) : values
}

/** The nodes that split the categories of one feature. */
interface CategorySides {
  readonly feature: number
  readonly nodes: readonly number[]
}

function categorySides({ featureIds, categoryStarts, categoryCounts }: BoostedModel): readonly CategorySides[] {
  const sides: CategorySides[] = []
  for (const feature of categoryCounts.keys()) {
    const nodes = [...featureIds.keys()].filter(
      (node) => featureIds[node] === feature && int32At(categoryStarts, node) >= 0,
    )
    if (nodes.length > 0) sides.push({ feature, nodes })
  }
  return sides
}

/**
 * Puts one more feature beside the others for every split of categories, in the order of `sides`: 0 where the row goes left, 1 where it
 * goes right. It is looked up by the code in a table, whose last row is for what is no code.
 */
function addCategorySides(
  model: BoostedModel,
  graph: GraphBuilder,
  { features, sides }: { readonly features: string; readonly sides: readonly CategorySides[] },
): string {
  if (sides.length === 0) return features
  const looked = sides.map(({ feature, nodes }) => {
    const categoryCount = int32At(model.categoryCounts, feature)
    const table = graph.constant('category_sides', {
      elementType: 'float32',
      shape: [categoryCount + 1, nodes.length],
      values: Array.from({ length: categoryCount + 1 }, (_, code) =>
        nodes.map((node) => sideOf(model, node, code)),
      ).flat(),
    })
    const index = addCodeIndex(graph, { features, feature, categoryCount })
    return graph.node({ operator: 'Gather', inputs: [table, index] })
  })
  return concat(graph, [features, ...looked])
}

function sideOf(model: BoostedModel, node: number, code: number): number {
  const categoryCount = int32At(model.categoryCounts, int32At(model.featureIds, node))
  const isLeft =
    code < categoryCount
      ? setHas(model.categorySets, code, int32At(model.categoryStarts, node))
      : model.missingLeft[node] === 1
  return isLeft ? 0 : 1
}

/** The code of each row as int64 [N], or the number of categories where the value is no code. */
function addCodeIndex(
  graph: GraphBuilder,
  input: { readonly features: string; readonly feature: number; readonly categoryCount: number },
): string {
  const { features, feature, categoryCount } = input
  const scalar = (value: number) => graph.constant('bound', { elementType: 'float32', shape: [], values: [value] })
  const position = graph.constant('feature', { elementType: 'int64', shape: [], values: [feature] })
  const axis: Record<string, OnnxAttribute> = { axis: { kind: 'int', value: 1 } }
  const value = graph.node({ operator: 'Gather', inputs: [features, position], attributes: axis })
  const whole = graph.node({ operator: 'Equal', inputs: [value, graph.node({ operator: 'Floor', inputs: [value] })] })
  const isLow = graph.node({ operator: 'Less', inputs: [value, scalar(categoryCount)] })
  const isHigh = graph.node({ operator: 'GreaterOrEqual', inputs: [value, scalar(0)] })
  const inRange = graph.node({ operator: 'And', inputs: [isLow, isHigh] })
  const isCode = graph.node({ operator: 'And', inputs: [whole, inRange] })
  const code = graph.node({ operator: 'Where', inputs: [isCode, value, scalar(categoryCount)] })
  return graph.node({ operator: 'Cast', inputs: [code], attributes: { to: { kind: 'int', value: 7 } } })
}

function concat(graph: GraphBuilder, inputs: readonly string[]): string {
  return graph.node({ operator: 'Concat', inputs, attributes: { axis: { kind: 'int', value: 1 } } })
}

/** @param sides nodes that split categories, in the order of their features beside the others */
function ensembleAttributes(model: BoostedModel, sides: readonly number[]): Record<string, OnnxAttribute> {
  const { roots, featureIds, thresholds, rightChildren, missingLeft, leafValues, counts } = model
  const outputCount = model.baseline.length
  const sideAt = new Map(sides.map((node, index) => [node, model.featureNames.length + index]))
  const nodes = [...featureIds.keys()]
  const treeIds = new Int32Array(nodes.length)
  for (let tree = 0; tree + 1 < roots.length; tree++) treeIds.fill(tree, int32At(roots, tree), int32At(roots, tree + 1))
  const inTree = nodes.map((node) => node - int32At(roots, itemAt(treeIds, node)))
  const isLeaf = (node: number) => int32At(featureIds, node) < 0
  const leaves = nodes.filter(isLeaf)
  return {
    n_targets: { kind: 'int', value: outputCount },
    aggregate_function: { kind: 'string', value: 'SUM' },
    post_transform: { kind: 'string', value: 'NONE' },
    nodes_treeids: { kind: 'ints', values: treeIds },
    nodes_nodeids: { kind: 'ints', values: inTree },
    nodes_featureids: {
      kind: 'ints',
      values: nodes.map((node) => sideAt.get(node) ?? Math.max(int32At(featureIds, node), 0)),
    },
    nodes_modes: { kind: 'strings', values: nodes.map((node) => (isLeaf(node) ? 'LEAF' : 'BRANCH_LEQ')) },
    nodes_values: { kind: 'floats', values: nodes.map((node) => (sideAt.has(node) ? 0.5 : itemAt(thresholds, node))) },
    // For explanations: the training rows that reached each node.
    nodes_hitrates: { kind: 'floats', values: counts },
    nodes_truenodeids: { kind: 'ints', values: nodes.map((node) => (isLeaf(node) ? 0 : itemAt(inTree, node) + 1)) },
    nodes_falsenodeids: {
      kind: 'ints',
      values: nodes.map((node) =>
        isLeaf(node) ? 0 : int32At(rightChildren, node) - int32At(roots, itemAt(treeIds, node)),
      ),
    },
    nodes_missing_value_tracks_true: { kind: 'ints', values: Int32Array.from(missingLeft) },
    target_treeids: { kind: 'ints', values: leaves.map((node) => itemAt(treeIds, node)) },
    target_nodeids: { kind: 'ints', values: leaves.map((node) => itemAt(inTree, node)) },
    target_ids: { kind: 'ints', values: leaves.map((node) => itemAt(treeIds, node) % outputCount) },
    target_weights: { kind: 'floats', values: leaves.map((node) => itemAt(leafValues, node)) },
  }
}
