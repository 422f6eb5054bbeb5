import { float64At, int32At } from '../data/element.js'
import {
  attributeFloats,
  attributeInts,
  constantNumbers,
  constantShape,
  type ReadGraph,
  type ReadNode,
} from '../onnx/read-nodes.js'
import type { CategorySplits, TreeEnsemble } from '../trees/tree-ensemble.js'

/**
 * The trees of a file of ours, with what their sums are divided by and what is added to them; null where it is none of ours or has no
 * covers, as files of older versions.
 * @param featureCount features before those that stand for splits of categories
 */
export function readTrees(
  graph: ReadGraph,
  node: ReadNode,
  featureCount: number,
): { readonly features: string; readonly trees: TreeEnsemble } | null {
  const lists = listsOf(node)
  const [whole = ''] = node.inputs
  if (lists === null) return null
  const beside = graph.nodes.find(({ operator, outputs }) => operator === 'Concat' && outputs[0] === whole)
  const sides = beside === undefined ? [] : categorySides(graph, beside, featureCount)
  const widest = featureCount + sides.length
  if (lists.features.some((feature) => feature < 0 || feature >= widest)) return null
  const { divisor, base } = scaleOf(graph, node, lists.outputCount)
  const { covers, roots } = lists
  if (!sumUp(lists)) return null
  const sideOf = (position: number) => sides[int32At(lists.features, position) - featureCount]
  const featureIds = lists.features.map((feature, position) =>
    isLeaf(lists, position) ? -1 : (sideOf(position)?.feature ?? feature),
  )
  return {
    features: sides.length > 0 ? (beside?.inputs[0] ?? whole) : whole,
    trees: {
      ...{ featureCount, outputCount: lists.outputCount, base, roots, featureIds, covers },
      thresholds: lists.thresholds,
      leftChildren: lists.left,
      rightChildren: lists.right,
      missingLeft: lists.missingLeft,
      categories: sides.length === 0 ? null : categorySplits(lists, featureCount, sides),
      valueStarts: lists.valueStarts,
      valueOutputs: lists.valueOutputs,
      values: Float64Array.from(lists.values, (value) => value / divisor),
    },
  }
}

interface TreeLists {
  readonly outputCount: number
  readonly roots: Int32Array
  readonly features: Int32Array
  readonly thresholds: Float32Array
  /** Positions in these lists; of leaves the roots. */
  readonly left: Int32Array
  readonly right: Int32Array
  readonly missingLeft: Uint8Array
  readonly covers: Float64Array
  readonly valueStarts: Int32Array
  readonly valueOutputs: Int32Array
  readonly values: Float32Array
}

/** Our trees stand one after the other, their nodes in preorder, their leaves in the order of the nodes. */
function listsOf(node: ReadNode): TreeLists | null {
  const trees = attributeInts(node, 'nodes_treeids') ?? new Int32Array(0)
  const count = trees.length
  const [inTree, features, left, right] = [
    attributeInts(node, 'nodes_nodeids'),
    attributeInts(node, 'nodes_featureids'),
    attributeInts(node, 'nodes_truenodeids'),
    attributeInts(node, 'nodes_falsenodeids'),
  ]
  const thresholds = attributeFloats(node, 'nodes_values')
  const covers = attributeFloats(node, 'nodes_hitrates')
  const lists = [inTree, features, left, right, thresholds, covers]
  if (count === 0 || lists.some((list) => list?.length !== count)) return null
  if (inTree === undefined || features === undefined || left === undefined || right === undefined) return null
  if (thresholds === undefined || covers === undefined) return null
  // Other programs write ones, or nothing.
  if (covers.every((cover) => cover === 1) || covers.some((cover) => !(cover > 0))) return null
  const roots: number[] = []
  for (let position = 0; position < count; position++) if (int32At(inTree, position) === 0) roots.push(position)
  roots.push(count)
  if (roots[0] !== 0) return null
  const inLists = placesOf(trees, roots, { left, right })
  const values = leafValues(node, { inTree, roots })
  if (inLists === null || values === null) return null
  const missing = attributeInts(node, 'nodes_missing_value_tracks_true')
  return {
    outputCount: attributeInt(node, 'n_targets'),
    roots: Int32Array.from(roots),
    features,
    thresholds,
    ...inLists,
    missingLeft: missing === undefined ? new Uint8Array(count) : Uint8Array.from(missing),
    covers: Float64Array.from(covers),
    ...values,
  }
}

function attributeInt({ attributes }: ReadNode, name: string): number {
  const field = attributes.get(name)?.find(({ number }) => number === 3)
  return Number(field?.int ?? 0n)
}

/** Children as positions in the lists; null where one is not after its parent and in its tree. */
function placesOf(
  trees: Int32Array,
  roots: readonly number[],
  children: { readonly left: Int32Array; readonly right: Int32Array },
): { left: Int32Array; right: Int32Array } | null {
  const [left, right] = [children.left.slice(), children.right.slice()]
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const [root = 0, end = 0] = [roots[tree], roots[tree + 1]]
    for (let position = root; position < end; position++) {
      if (int32At(trees, position) !== int32At(trees, root)) return null
      const [first, second] = [root + int32At(left, position), root + int32At(right, position)]
      left[position] = first
      right[position] = second
      const isNoSplit = first === root && second === root
      if (!isNoSplit && (first <= position || second <= position || first >= end || second >= end)) return null
    }
  }
  return { left, right }
}

/** By node the values that it adds to the outputs. */
function leafValues(
  node: ReadNode,
  { inTree, roots }: { readonly inTree: Int32Array; readonly roots: readonly number[] },
): Pick<TreeLists, 'valueStarts' | 'valueOutputs' | 'values'> | null {
  const trees = attributeInts(node, 'target_treeids')
  const nodes = attributeInts(node, 'target_nodeids')
  const valueOutputs = attributeInts(node, 'target_ids')
  const values = attributeFloats(node, 'target_weights')
  if (trees === undefined || nodes === undefined || valueOutputs === undefined || values === undefined) return null
  const valueStarts = new Int32Array(inTree.length + 1)
  let before = 0
  for (let index = 0; index < values.length; index++) {
    const position = (roots[int32At(trees, index)] ?? -1) + int32At(nodes, index)
    if (position < before || position >= inTree.length) return null
    before = position
    valueStarts[position + 1] = int32At(valueStarts, position + 1) + 1
  }
  for (let position = 0; position < inTree.length; position++) {
    valueStarts[position + 1] = int32At(valueStarts, position + 1) + int32At(valueStarts, position)
  }
  return { valueStarts, valueOutputs, values }
}

function isLeaf({ left, right }: TreeLists, position: number): boolean {
  return int32At(left, position) === int32At(right, position)
}

/** A split has exactly the sum of its children: float32 may have rounded it. False where one has nowhere near it. */
function sumUp(lists: TreeLists): boolean {
  const { covers, left, right } = lists
  for (let position = covers.length - 1; position >= 0; position--) {
    if (isLeaf(lists, position)) continue
    const sum = float64At(covers, int32At(left, position)) + float64At(covers, int32At(right, position))
    if (Math.abs(sum - float64At(covers, position)) > 1e-3 * sum) return false
    covers[position] = sum
  }
  return true
}

/** What follows the sums, as long as it is a division by one number or an addition of constants. */
function scaleOf(graph: ReadGraph, node: ReadNode, outputCount: number): { divisor: number; base: Float64Array } {
  const base = new Float64Array(outputCount)
  let divisor = 1
  let value = node.outputs[0]
  for (;;) {
    const readers = graph.nodes.filter(({ inputs }) => inputs[0] === value)
    const [next] = readers
    const constant = graph.constants.get(next?.inputs[1] ?? '')
    const numbers = constant === undefined ? undefined : constantNumbers(constant)
    if (readers.length !== 1 || next === undefined || numbers === undefined) return { divisor, base }
    if (next.operator === 'Div' && numbers.length === 1) divisor *= float64At(numbers, 0)
    else if (next.operator === 'Add' && (numbers.length === 1 || numbers.length === outputCount)) {
      for (let output = 0; output < outputCount; output++) {
        base[output] = float64At(base, output) + float64At(numbers, numbers.length === 1 ? 0 : output)
      }
    } else return { divisor, base }
    value = next.outputs[0]
  }
}

/** A feature that says on which side of one split of categories a row is: 0 is left. */
interface CategorySide {
  readonly feature: number
  /** By code, then what is no code. */
  readonly sides: Float64Array
}

/** What stands beside the features: tables by code, looked up for one of the features each. */
function categorySides(graph: ReadGraph, beside: ReadNode, featureCount: number): readonly CategorySide[] {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const [features = '', ...looked] = beside.inputs
  return looked.flatMap((value) => {
    const lookup = makers.get(value)
    const table = graph.constants.get(lookup?.inputs[0] ?? '')
    const numbers = table === undefined ? undefined : constantNumbers(table)
    const feature = featureLookedUp(graph, makers, { from: lookup?.inputs[1] ?? '', features })
    if (lookup?.operator !== 'Gather' || table === undefined || numbers === undefined) return []
    if (feature === undefined || feature < 0 || feature >= featureCount) return []
    const [codes = 0, count = 0] = constantShape(table)
    return Array.from({ length: count }, (_, side) => ({
      feature,
      sides: Float64Array.from({ length: codes }, (_, code) => float64At(numbers, code * count + side)),
    }))
  })
}

/** The position at which a value takes a column out of the features. */
function featureLookedUp(
  graph: ReadGraph,
  makers: ReadonlyMap<string, ReadNode>,
  { from, features }: { readonly from: string; readonly features: string },
): number | undefined {
  const pending = [from]
  const seen = new Set(pending)
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const node = makers.get(value)
    if (node === undefined) continue
    if (node.operator === 'Gather' && node.inputs[0] === features) {
      const position = graph.constants.get(node.inputs[1] ?? '')
      return position === undefined ? undefined : constantNumbers(position)?.[0]
    }
    for (const input of node.inputs) {
      if (seen.has(input)) continue
      seen.add(input)
      pending.push(input)
    }
  }
  return undefined
}

function categorySplits(lists: TreeLists, featureCount: number, sides: readonly CategorySide[]): CategorySplits {
  const starts = new Int32Array(lists.features.length).fill(-1)
  const lengths = new Int32Array(lists.features.length)
  const words: number[] = []
  for (let position = 0; position < starts.length; position++) {
    const side = isLeaf(lists, position) ? undefined : sides[int32At(lists.features, position) - featureCount]
    if (side === undefined) continue
    const codes = side.sides.length - 1
    const own = new Int32Array(Math.ceil(codes / 32))
    for (let code = 0; code < codes; code++) {
      if (float64At(side.sides, code) === 0) own[code >> 5] = int32At(own, code >> 5) | (1 << (code & 31))
    }
    // What is no code goes where the last row says; a missing value is one.
    lists.missingLeft[position] = float64At(side.sides, codes) === 0 ? 1 : 0
    starts[position] = words.length
    lengths[position] = own.length
    words.push(...own)
  }
  return { starts, lengths, words: Int32Array.from(words) }
}
