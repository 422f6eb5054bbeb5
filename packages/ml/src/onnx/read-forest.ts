import { float32At, int32At, uint8At } from '../data/element.js'
import { intAt, type ProtobufField, readFields, textAt, textOf } from './protobuf-reader.js'
import {
  attributeFloats,
  attributeInts,
  constantNumbers,
  constantShape,
  type ReadGraph,
  type ReadNode,
  readGraph,
} from './read-nodes.js'

/** A file that is nothing but trees, and what they say of rows: to the bit what a runtime computes of the file with one thread. */
export interface ForestFile {
  /** Names of the inputs, float32 each, in the order of the columns. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Splits and leaves. */
  readonly nodeCount: number
  /** Columns of rows that meet splits, some of them at a threshold exactly, some without a value: for a comparison with a runtime. */
  probe(rowCount: number): readonly Float32Array[]
  /** The outputs of rows, in the order of `outputs`: labels, or float32 numbers. */
  compute(columns: readonly Float32Array[], rowCount: number): readonly (Float32Array | readonly string[])[]
}

interface Trees {
  readonly roots: Int32Array
  /** -1 of leaves. */
  readonly features: Int32Array
  readonly thresholds: Float32Array
  readonly left: Int32Array
  readonly right: Int32Array
  readonly missingLeft: Uint8Array
  /** By node: where its values begin in the two lists below; one more entry than nodes. */
  readonly starts: Int32Array
  readonly targets: Int32Array
  readonly values: Float32Array
  readonly targetCount: number
}

/** What is done with the sums of a row: with one number, or one for each of them. */
interface Step {
  readonly operator: 'Div' | 'Add' | 'Mul'
  readonly values: Float32Array
}

type Output =
  | { readonly name: string; readonly kind: 'column'; readonly column: number }
  | { readonly name: string; readonly kind: 'label'; readonly classes: readonly string[] }

/** Larger ones take longer here than where a runtime does it. */
const nodesMax = 1 << 18

/** The trees of a file of numbers, sums and labels alone; undefined of any other file, however little else it computes. */
export function readForest(file: Uint8Array): ForestFile | undefined {
  const graph = readGraph(file)
  const [node, ...others] = graph.nodes.filter(({ operator }) => operator === 'TreeEnsembleRegressor')
  if (node === undefined || others.length > 0) return undefined
  const inputs = columnsOf(graph, node.inputs[0] ?? '')
  const trees = inputs === undefined ? undefined : treesOf(node, inputs.names.length)
  if (inputs === undefined || trees === undefined || !hasPlainModes(file, trees)) return undefined
  const rest = resultsOf(graph, node.outputs[0] ?? '', trees.targetCount)
  // What is not understood may change the answers.
  if (rest === undefined || inputs.nodeCount + 1 + rest.nodeCount !== graph.nodes.length) return undefined
  const { steps, outputs } = rest
  const parts = { trees: packed(trees), width: trees.targetCount, steps, outputs }
  return {
    inputs: inputs.names,
    outputs: outputs.map(({ name }) => name),
    nodeCount: trees.features.length,
    probe: (rowCount) => inputs.names.map((_, feature) => probeColumn(trees, feature, rowCount)),
    compute: (columns, rowCount) => compute(parts, columns, rowCount),
  }
}

/** The columns that a matrix is put together of: each an input of the file. */
function columnsOf(
  graph: ReadGraph,
  matrix: string,
): { readonly names: readonly string[]; readonly nodeCount: number } | undefined {
  const concat = graph.nodes.find(({ operator, outputs }) => operator === 'Concat' && outputs[0] === matrix)
  if (concat === undefined || intOf(concat, 'axis') !== 1) return undefined
  const names: string[] = []
  for (const column of concat.inputs) {
    const made = graph.nodes.find(({ operator, outputs }) => operator === 'Unsqueeze' && outputs[0] === column)
    const [from = '', axis = ''] = made?.inputs ?? []
    if (!graph.inputs.includes(from) || numbersAt(graph, axis)?.join() !== '1') return undefined
    names.push(from)
  }
  const isWhole = new Set(names).size === names.length && names.length === graph.inputs.length
  return isWhole ? { names, nodeCount: names.length + 1 } : undefined
}

const known = new Set([
  ...['n_targets', 'aggregate_function', 'post_transform', 'nodes_treeids', 'nodes_nodeids', 'nodes_featureids'],
  ...['nodes_modes', 'nodes_values', 'nodes_hitrates', 'nodes_truenodeids', 'nodes_falsenodeids'],
  ...['nodes_missing_value_tracks_true', 'target_treeids', 'target_nodeids', 'target_ids', 'target_weights'],
])

function treesOf(node: ReadNode, featureCount: number): Trees | undefined {
  if ([...node.attributes.keys()].some((name) => !known.has(name))) return undefined
  if (textIn(node, 'aggregate_function', 'SUM') !== 'SUM' || textIn(node, 'post_transform', 'NONE') !== 'NONE') {
    return undefined
  }
  const ids = attributeInts(node, 'nodes_treeids')
  const inTree = attributeInts(node, 'nodes_nodeids')
  const features = attributeInts(node, 'nodes_featureids')
  const left = attributeInts(node, 'nodes_truenodeids')
  const right = attributeInts(node, 'nodes_falsenodeids')
  const thresholds = attributeFloats(node, 'nodes_values')
  const missing = attributeInts(node, 'nodes_missing_value_tracks_true')
  const count = ids?.length ?? 0
  if (ids === undefined || inTree === undefined || features === undefined || thresholds === undefined) return undefined
  if (left === undefined || right === undefined || count === 0 || count > nodesMax) return undefined
  if ([inTree, features, left, right, thresholds, missing ?? ids].some(({ length }) => length !== count))
    return undefined
  const roots = rootsOf(ids, inTree)
  const leaves = leavesOf(node, roots, count)
  if (roots === undefined || leaves === undefined) return undefined
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    const [root, end] = [int32At(roots, tree), int32At(roots, tree + 1)]
    for (let at = root; at < end; at++) {
      left[at] = root + int32At(left, at)
      right[at] = root + int32At(right, at)
      const isLeaf = int32At(left, at) === int32At(right, at)
      if (isLeaf) features[at] = -1
      // A child stands after its parent, so that a row comes to an end.
      else if (
        int32At(left, at) <= at ||
        int32At(right, at) <= at ||
        int32At(left, at) >= end ||
        int32At(right, at) >= end
      ) {
        return undefined
      } else if (int32At(features, at) < 0 || int32At(features, at) >= featureCount) return undefined
      if (!isLeaf && int32At(leaves.starts, at) !== int32At(leaves.starts, at + 1)) return undefined
    }
  }
  return {
    ...leaves,
    ...{ roots, features, thresholds, left, right },
    missingLeft: missing === undefined ? new Uint8Array(count) : Uint8Array.from(missing),
  }
}

/** Where each tree begins, and the end; undefined where trees do not stand one after the other, their nodes by number. */
function rootsOf(ids: Int32Array, inTree: Int32Array): Int32Array | undefined {
  const roots: number[] = []
  for (let at = 0; at < ids.length; at++) {
    if (at === 0 || int32At(ids, at) !== int32At(ids, at - 1)) roots.push(at)
    if (int32At(inTree, at) !== at - (roots.at(-1) ?? 0)) return undefined
  }
  return new Set(roots.map((root) => int32At(ids, root))).size === roots.length
    ? Int32Array.from([...roots, ids.length])
    : undefined
}

function leavesOf(node: ReadNode, roots: Int32Array | undefined, nodeCount: number) {
  const ids = attributeInts(node, 'target_treeids')
  const inTree = attributeInts(node, 'target_nodeids')
  const targets = attributeInts(node, 'target_ids')
  const values = attributeFloats(node, 'target_weights')
  const treeIds = attributeInts(node, 'nodes_treeids')
  const targetCount = intOf(node, 'n_targets')
  if (ids === undefined || inTree === undefined || targets === undefined || values === undefined) return undefined
  if (roots === undefined || treeIds === undefined) return undefined
  if (ids.length !== values.length || inTree.length !== values.length || targets.length !== values.length)
    return undefined
  const rootOf = new Map(Array.from(roots.subarray(0, -1), (root) => [int32At(treeIds, root), root] as const))
  const starts = new Int32Array(nodeCount + 1)
  let before = 0
  for (let index = 0; index < values.length; index++) {
    const at = (rootOf.get(int32At(ids, index)) ?? nodeCount) + int32At(inTree, index)
    // In the order of the nodes: so they are added.
    if (at < before || at >= nodeCount || int32At(targets, index) < 0 || int32At(targets, index) >= targetCount) {
      return undefined
    }
    before = at
    starts[at + 1] = int32At(starts, at + 1) + 1
  }
  for (let at = 0; at < nodeCount; at++) starts[at + 1] = int32At(starts, at + 1) + int32At(starts, at)
  return { starts, targets, values, targetCount }
}

/** Whether each split sends what is less or equal to the left. */
function hasPlainModes(file: Uint8Array, { features }: Trees): boolean {
  const graph = readFields(file).find(({ number }) => number === 7)
  const nodes = readFields(graph?.bytes ?? new Uint8Array(0)).filter(({ number }) => number === 1)
  const trees = nodes.map(({ bytes }) => readFields(bytes)).find((node) => textAt(node, 4) === 'TreeEnsembleRegressor')
  const attributes = (trees ?? []).filter(({ number }) => number === 5).map(({ bytes }) => readFields(bytes))
  const modes = (attributes.find((attribute) => textAt(attribute, 1) === 'nodes_modes') ?? [])
    .filter(({ number }) => number === 9)
    .map(textOf)
  return (
    modes.length === features.length &&
    modes.every((mode, at) => mode === (int32At(features, at) < 0 ? 'LEAF' : 'BRANCH_LEQ'))
  )
}

/** What becomes of the sums until the outputs; undefined where anything else does. */
function resultsOf(
  graph: ReadGraph,
  sums: string,
  width: number,
): { readonly steps: readonly Step[]; readonly outputs: readonly Output[]; readonly nodeCount: number } | undefined {
  const readersOf = (value: string) => graph.nodes.filter(({ inputs }) => inputs.includes(value))
  const steps: Step[] = []
  let nodeCount = 0
  let value = sums
  for (;;) {
    const [next, ...others] = readersOf(value)
    const step = next === undefined || others.length > 0 ? undefined : stepOf(graph, next, { value, width })
    if (step === undefined || next === undefined) break
    steps.push(step)
    value = next.outputs[0] ?? ''
    nodeCount += 1
  }
  const outputs: Output[] = []
  for (const reader of readersOf(value)) {
    const [made = ''] = reader.outputs
    const [next, ...others] = readersOf(made)
    if (others.length > 0) return undefined
    nodeCount += next === undefined ? 1 : 2
    const output =
      next === undefined ? columnOf(graph, reader, { value, width }) : lastOf(graph, { reader, next, width })
    if (output === undefined || (next !== undefined && readersOf(output.name).length > 0)) return undefined
    outputs.push(output)
  }
  return outputs.length === 0 ? undefined : { steps, outputs, nodeCount }
}

interface Sums {
  readonly value: string
  readonly width: number
}

function stepOf(graph: ReadGraph, { operator, inputs }: ReadNode, { value, width }: Sums): Step | undefined {
  if ((operator !== 'Div' && operator !== 'Add' && operator !== 'Mul') || inputs[0] !== value) return undefined
  const tensor = graph.constants.get(inputs[1] ?? '')
  const numbers = tensor === undefined || intAt(tensor, 2) !== float32Type ? undefined : constantNumbers(tensor)
  if (numbers === undefined || (numbers.length !== 1 && numbers.length !== width)) return undefined
  // A column of numbers would be one for each row.
  if (
    tensor === undefined ||
    constantShape(tensor)
      .slice(0, -1)
      .some((size) => size !== 1)
  )
    return undefined
  return { operator, values: Float32Array.from(numbers) }
}

const float32Type = 1
const textType = 8

function columnOf(graph: ReadGraph, reader: ReadNode, { value, width }: Sums): Output | undefined {
  const { operator, inputs, outputs } = reader
  const tensor = graph.constants.get(inputs[1] ?? '')
  const [column] = (tensor === undefined ? undefined : constantNumbers(tensor)) ?? []
  const isPlain = operator === 'Gather' && inputs[0] === value && intOf(reader, 'axis') === 1
  // No dimensions may be written as an empty list of them, which reads as one of size 0; a list of one column would keep its axis.
  if (!isPlain || tensor === undefined || constantShape(tensor).some((size) => size > 0)) return undefined
  if (column === undefined || !(column >= 0 && column < width)) return undefined
  return { name: outputs[0] ?? '', kind: 'column', column }
}

interface Last {
  readonly reader: ReadNode
  readonly next: ReadNode
  readonly width: number
}

function lastOf(graph: ReadGraph, { reader, next, width }: Last): Output | undefined {
  const name = next.outputs[0] ?? ''
  if (reader.operator === 'Reshape' && next.operator === 'Identity') {
    const isFlat = width === 1 && numbersAt(graph, reader.inputs[1] ?? '')?.join() === '-1'
    return isFlat ? { name, kind: 'column', column: 0 } : undefined
  }
  const isGreatest =
    reader.operator === 'ArgMax' &&
    intOf(reader, 'axis') === 1 &&
    reader.attributes.has('keepdims') &&
    intOf(reader, 'keepdims') === 0 &&
    intOf(reader, 'select_last_index') === 0
  const classes = graph.constants.get(next.inputs[0] ?? '')
  const isName = next.operator === 'Gather' && intOf(next, 'axis') === 0 && next.inputs[1] === reader.outputs[0]
  if (!isGreatest || !isName || classes === undefined || intAt(classes, 2) !== textType) return undefined
  const names = classes.filter(({ number }) => number === 6).map(textOf)
  return names.length === width && width > 0 ? { name, kind: 'label', classes: names } : undefined
}

function numbersAt({ constants }: ReadGraph, name: string): Float64Array | undefined {
  const tensor = constants.get(name)
  return tensor === undefined ? undefined : constantNumbers(tensor)
}

/** A whole number of an attribute; 0 without it. */
function intOf({ attributes }: ReadNode, name: string): number {
  return intAt(attributes.get(name) ?? [], 3)
}

function textIn({ attributes }: ReadNode, name: string, otherwise: string): string {
  const fields: readonly ProtobufField[] | undefined = attributes.get(name)
  return fields === undefined ? otherwise : textAt(fields, 4)
}

function probeColumn({ features, thresholds }: Trees, feature: number, rowCount: number): Float32Array {
  const known = thresholds.filter((_, node) => features[node] === feature)
  return Float32Array.from({ length: rowCount }, (_, row) => {
    if (row % 16 === 15 || known.length === 0) return row % 2 === 0 ? row : Number.NaN
    // Features meet their thresholds in another order each.
    const threshold = float32At(known, (row * (2 * feature + 1)) % known.length)
    return row % 3 === 0 ? threshold : row % 3 === 1 ? threshold * 1.0001 : threshold * 0.9
  })
}

/** Of each node four places of 32 bits beside each other, so that a step down a tree touches one line of memory. */
interface PackedTrees {
  /** The feature that a split looks at, and -1 of a leaf; a threshold; then both children, of a leaf the span of its values. */
  readonly nodes: Int32Array
  /** The same memory, for the thresholds. */
  readonly thresholds: Float32Array
  readonly roots: Int32Array
  readonly missingLeft: Uint8Array
  readonly targets: Int32Array
  readonly values: Float32Array
}

function packed({
  roots,
  features,
  thresholds,
  left,
  right,
  missingLeft,
  starts,
  targets,
  values,
}: Trees): PackedTrees {
  const nodes = new Int32Array(4 * features.length)
  const floats = new Float32Array(nodes.buffer)
  for (let node = 0; node < features.length; node++) {
    const isLeaf = int32At(features, node) < 0
    nodes[4 * node] = int32At(features, node)
    floats[4 * node + 1] = float32At(thresholds, node)
    nodes[4 * node + 2] = isLeaf ? int32At(starts, node) : 4 * int32At(left, node)
    nodes[4 * node + 3] = isLeaf ? int32At(starts, node + 1) : 4 * int32At(right, node)
  }
  return { nodes, thresholds: floats, roots: roots.map((root) => 4 * root), missingLeft, targets, values }
}

interface Parts {
  readonly trees: PackedTrees
  readonly width: number
  readonly steps: readonly Step[]
  readonly outputs: readonly Output[]
}

function compute(
  { trees, width, steps, outputs }: Parts,
  columns: readonly Float32Array[],
  rowCount: number,
): readonly (Float32Array | readonly string[])[] {
  const sums = new Float32Array(rowCount * width)
  const row = new Float32Array(columns.length)
  for (let at = 0; at < rowCount; at++) {
    let isWhole = true
    for (let feature = 0; feature < row.length; feature++) {
      const value = columns[feature]?.[at] ?? Number.NaN
      row[feature] = value
      if (Number.isNaN(value)) isWhole = false
    }
    if (isWhole) addLeaves(trees, row, sums, at * width)
    else addLeavesOfMissing(trees, row, sums, at * width)
  }
  for (const step of steps) apply(step, sums, width)
  return outputs.map((output) => {
    if (output.kind === 'label') return labelsOf(output.classes, sums, rowCount)
    const values = new Float32Array(rowCount)
    for (let at = 0; at < rowCount; at++) values[at] = float32At(sums, at * width + output.column)
    return values
  })
}

/** Sums in float32, one tree after the other. */
function addLeaves(trees: PackedTrees, row: Float32Array, sums: Float32Array, place: number): void {
  const { nodes, thresholds, roots, targets, values } = trees
  const treeCount = roots.length - 1
  for (let tree = 0; tree < treeCount; tree++) {
    let at = int32At(roots, tree)
    for (let feature = int32At(nodes, at); feature >= 0; feature = int32At(nodes, at)) {
      at = int32At(nodes, float32At(row, feature) <= float32At(thresholds, at + 1) ? at + 2 : at + 3)
    }
    const end = int32At(nodes, at + 3)
    for (let index = int32At(nodes, at + 2); index < end; index++) {
      const target = place + int32At(targets, index)
      sums[target] = float32At(sums, target) + float32At(values, index)
    }
  }
}

/** The same of a row with missing values, which each split sends its own way. */
function addLeavesOfMissing(trees: PackedTrees, row: Float32Array, sums: Float32Array, place: number): void {
  const { nodes, thresholds, roots, missingLeft, targets, values } = trees
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    let at = int32At(roots, tree)
    for (let feature = int32At(nodes, at); feature >= 0; feature = int32At(nodes, at)) {
      const value = float32At(row, feature)
      const goesLeft = Number.isNaN(value) ? uint8At(missingLeft, at / 4) === 1 : value <= float32At(thresholds, at + 1)
      at = int32At(nodes, goesLeft ? at + 2 : at + 3)
    }
    for (let index = int32At(nodes, at + 2); index < int32At(nodes, at + 3); index++) {
      const target = place + int32At(targets, index)
      sums[target] = float32At(sums, target) + float32At(values, index)
    }
  }
}

function apply({ operator, values }: Step, sums: Float32Array, width: number): void {
  const isOne = values.length === 1
  for (let at = 0; at < sums.length; at++) {
    const value = float32At(values, isOne ? 0 : at % width)
    const sum = float32At(sums, at)
    sums[at] = operator === 'Div' ? sum / value : operator === 'Add' ? sum + value : sum * value
  }
}

/** The class of the greatest, the first among equals. */
function labelsOf(classes: readonly string[], sums: Float32Array, rowCount: number): readonly string[] {
  const width = classes.length
  const labels: string[] = []
  for (let row = 0; row < rowCount; row++) {
    let best = 0
    for (let code = 1; code < width; code++) {
      if (float32At(sums, row * width + code) > float32At(sums, row * width + best)) best = code
    }
    labels.push(classes[best] ?? '')
  }
  return labels
}
