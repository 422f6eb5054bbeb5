import { float64At, int32At } from '../data/element.js'
import { decodeFeatureSources, featuresKey } from '../onnx/feature-source-runs.js'
import { constantNumbers, constantShape, type ReadGraph, type ReadNode, readGraph } from '../onnx/read-nodes.js'
import type { TreeEnsemble } from '../trees/tree-ensemble.js'
import { readTrees } from './read-trees.js'

/** A linear function of features, by output. */
export interface LinearOutputs {
  readonly featureCount: number
  /** By output, then by feature. */
  readonly coefficients: readonly Float64Array[]
  readonly intercepts: Float64Array
}

/** The last part of a model file, whose contributions are exact; what comes before makes features of the inputs. */
export type ExplainableModel = {
  /** Name of the value that holds the features, float32 [N, F]. */
  readonly features: string
  /** By feature: the position of the input that it is made of. */
  readonly sources: Int32Array
  /** Names of the inputs. */
  readonly inputs: readonly string[]
} & (
  | { readonly method: 'tree'; readonly trees: TreeEnsemble }
  | { readonly method: 'linear'; readonly linear: LinearOutputs }
)

/**
 * The trees or the linear function in a file of `exportPipeline`, where it ends in one and no step mixes inputs; null for any other file.
 * What the file does with their output (a link, a calibration) is not read: compare before the contributions are told as exact.
 * @throws MlError `invalid_file`
 */
export function readExplainable(file: Uint8Array): ExplainableModel | null {
  const graph = readGraph(file)
  const sources = decodeFeatureSources(graph.metadata.get(featuresKey) ?? '', graph.inputs.length)
  if (sources === null) return null
  const ensembles = graph.nodes.filter(({ operator }) => operator === 'TreeEnsembleRegressor')
  const [ensemble] = ensembles
  if (ensemble !== undefined) {
    const found = ensembles.length === 1 ? readTrees(graph, ensemble, sources.length) : null
    return found === null ? null : { ...found, method: 'tree', sources, inputs: graph.inputs }
  }
  const found = readLinear(graph, sources.length)
  return found === null ? null : { ...found, method: 'linear', sources, inputs: graph.inputs }
}

/** The matrix product of the features with constant coefficients, and the addition of intercepts after it. */
function readLinear(graph: ReadGraph, featureCount: number): { features: string; linear: LinearOutputs } | null {
  const found = graph.nodes.flatMap((node) => {
    const linear = node.operator === 'MatMul' ? linearOf(graph, node, featureCount) : null
    return linear === null ? [] : [linear]
  })
  // A product before it has intercepts of its own only in a network, which is none of this.
  return found.length === 1 ? (found[0] ?? null) : null
}

function linearOf(graph: ReadGraph, product: ReadNode, featureCount: number) {
  const [rows = '', weights = ''] = product.inputs
  const tensor = graph.constants.get(weights)
  const sum = graph.nodes.find(({ operator, inputs }) => operator === 'Add' && inputs[0] === product.outputs[0])
  const offsets = graph.constants.get(sum?.inputs[1] ?? '')
  if (tensor === undefined || offsets === undefined) return null
  const [width, outputCount = 0] = constantShape(tensor)
  const values = constantNumbers(tensor)
  const intercepts = constantNumbers(offsets)
  if (width !== featureCount || values === undefined || intercepts?.length !== outputCount) return null
  const coefficients = Array.from({ length: outputCount }, (_, output) =>
    Float64Array.from({ length: featureCount }, (_, feature) => float64At(values, feature * outputCount + output)),
  )
  const cast = graph.nodes.find(({ operator, outputs }) => operator === 'Cast' && outputs[0] === rows)
  return { features: cast?.inputs[0] ?? rows, linear: { featureCount, coefficients, intercepts } }
}

/**
 * Contributions of a linear function: coefficient times the distance from the mean of the background, which are its Shapley values when
 * features that are left out are drawn from the background independently of the others.
 * @param rows by feature
 * @param means of the background, by feature
 */
export function linearContributions(
  { coefficients, intercepts, featureCount }: LinearOutputs,
  rows: readonly Float32Array[],
  means: Float64Array,
): { readonly expected: Float64Array; readonly contributions: readonly (readonly Float64Array[])[] } {
  const expected = Float64Array.from(intercepts, (intercept, output) => {
    let sum = intercept
    const own = coefficients[output] ?? new Float64Array(featureCount)
    for (let feature = 0; feature < featureCount; feature++) sum += float64At(own, feature) * float64At(means, feature)
    return sum
  })
  const contributions = coefficients.map((own) =>
    rows.map((values, feature) =>
      Float64Array.from(values, (value) => float64At(own, feature) * (value - float64At(means, feature))),
    ),
  )
  return { expected, contributions }
}

/**
 * Contributions of features as those of the inputs that they are made of: summed up.
 * @param byFeature by feature, the contribution for each row
 */
export function sumBySource(
  byFeature: readonly Float64Array[],
  sources: Int32Array,
  inputCount: number,
): readonly Float64Array[] {
  const rowCount = byFeature[0]?.length ?? 0
  const sums = Array.from({ length: inputCount }, () => new Float64Array(rowCount))
  for (const [feature, values] of byFeature.entries()) {
    const sum = sums[int32At(sources, feature)]
    if (sum === undefined) continue
    for (let row = 0; row < rowCount; row++) sum[row] = float64At(sum, row) + float64At(values, row)
  }
  return sums
}
