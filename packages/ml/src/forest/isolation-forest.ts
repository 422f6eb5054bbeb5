import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import { float32At, float64At, int32At } from '../data/element.js'
import { checkFeatures } from '../estimators/check-input.js'
import type { AnomaliesPredicted, Estimator, Features, FitInput } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { addIsolationForest } from '../onnx/export-isolation-forest.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { createRandom, type Random } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { breathe } from './bin-features.js'
import type { IsolationForest } from './isolation-model.js'
import { type IsolationForestParameters, isolationForestParameters } from './isolation-parameters.js'
import { growIsolationTree, type IsolationTree } from './isolation-tree.js'
import { averagePathLength } from './path-length.js'
import { joinNodes } from './tree-nodes.js'
import { columnsByName, findLeaves } from './walk-trees.js'

const accepts = {
  sparse: false,
  missing: false,
  categories: false,
  sampleWeights: false,
  wantsScaling: false,
  nonNegative: false,
}

/** Finds rows that few random splits separate from the others. */
export const isolationForest: Estimator<'anomaly', IsolationForest, IsolationForestParameters> = {
  kind: 'isolation_forest',
  task: 'anomaly',
  sklearnName: 'IsolationForest',
  parameters: isolationForestParameters,
  accepts,
  fit: fitIsolationForest,
  predict: predictIsolationForest,
  addToGraph: addIsolationForest,
}

/**
 * Grows the trees in the calling thread, which lets other work run in between.
 * @throws MlError `empty_set`, `non_finite_value`, `sparse_unsupported`, `weights_unsupported`, `invalid_parameter`, `unknown_parameter`
 *   or `training_aborted`
 */
async function fitIsolationForest(input: FitInput<'anomaly'>): Promise<IsolationForest> {
  const parameters = resolveParameters<IsolationForestParameters>(isolationForestParameters, input.parameters ?? {})
  const matrix = checkedMatrix(input)
  const rowCount = rowsPerTree(parameters.maxSamples, matrix.rowCount)
  const maxDepth = Math.ceil(Math.log2(Math.max(rowCount, 2)))
  const columns = matrix.columns.map(float32Values)
  const trees: IsolationTree[] = []
  while (trees.length < parameters.nEstimators) {
    await breathe(input.signal)
    const random = createRandom(deriveSeed(parameters.seed, trees.length))
    const rows = drawRows(matrix.rowCount, { count: rowCount, bootstrap: parameters.bootstrap }, random)
    const features = drawFeatures(columns.length, parameters.maxFeatures, random)
    trees.push(growIsolationTree({ columns, features, rows, maxDepth }, random))
    input.onProgress?.({ done: trees.length, total: parameters.nEstimators })
  }
  return assemble(trees, { parameters, matrix, rowCount, maxDepth })
}

function checkedMatrix({ features, sampleWeights }: FitInput<'anomaly'>): DesignMatrix {
  checkFeatures(features, accepts)
  if (sampleWeights !== undefined) {
    throw new MlError('weights_unsupported', 'An isolation forest takes no weights of rows: leave them out')
  }
  if ('columns' in features) return features
  throw new MlError('sparse_unsupported', 'This estimator takes no sparse features: reduce them, as by truncated SVD')
}

function rowsPerTree(maxSamples: IsolationForestParameters['maxSamples'], rowCount: number): number {
  if (maxSamples === 'auto') return Math.min(256, rowCount)
  if (maxSamples >= 1) return Math.min(maxSamples, rowCount)
  return Math.max(1, Math.floor(maxSamples * rowCount))
}

/** Rows of a tree: the first of a random order, or drawn one by one with replacement. */
function drawRows(
  rowCount: number,
  { count, bootstrap }: { readonly count: number; readonly bootstrap: boolean },
  random: Random,
): Int32Array {
  // A row drawn twice counts once, as in scikit-learn, whose trees see such as weights.
  if (bootstrap) return Int32Array.from(new Set(Array.from({ length: count }, () => random.intBelow(rowCount))))
  // Floyd's way to draw distinct numbers takes as long as there are draws, not rows.
  const drawn = new Set<number>()
  for (let last = rowCount - count; last < rowCount; last++) {
    const row = random.intBelow(last + 1)
    drawn.add(drawn.has(row) ? last : row)
  }
  return Int32Array.from(drawn)
}

function drawFeatures(featureCount: number, maxFeatures: number | null, random: Random): Int32Array {
  const features = Int32Array.from({ length: featureCount }, (_, feature) => feature)
  if (maxFeatures === null) return features
  random.shuffle(features)
  const count = maxFeatures >= 1 ? maxFeatures : Math.floor(maxFeatures * featureCount)
  return features.slice(0, Math.max(1, Math.min(count, featureCount)))
}

function assemble(
  trees: readonly IsolationTree[],
  fit: {
    readonly parameters: IsolationForestParameters
    readonly matrix: DesignMatrix
    readonly rowCount: number
    readonly maxDepth: number
  },
): IsolationForest {
  const { parameters, matrix, rowCount, maxDepth } = fit
  const expected = averagePathLength(rowCount)
  // No path is longer, so sums of whole multiples of this unit are exact in float32 (see `leafScale`).
  const bound = Math.ceil(Math.log2(maxDepth + expected + 1))
  const unit = 2 ** (bound + Math.ceil(Math.log2(trees.length)) - 24)
  // Rounded up, so that rounding makes no row an outlier.
  const lengths = trees.flatMap(({ pathLengths }) =>
    Array.from(pathLengths, (length) => Math.ceil(length / unit) * unit),
  )
  const model: IsolationForest = {
    kind: 'isolation_forest',
    parameters: Object.freeze({ ...parameters }),
    featureNames: Object.freeze(matrix.columns.map(({ name }) => name)),
    ...joinNodes(trees),
    pathLengths: Float32Array.from(lengths),
    factor: expected > 0 ? Math.fround(-1 / (trees.length * expected)) : 0,
    // As in scikit-learn, a forest of single rows finds nothing remarkable.
    shift: expected > 0 ? 0 : -1,
    offset: -0.5,
  }
  const { contamination } = parameters
  if (contamination === 'auto') return Object.freeze(model)
  const scores = predictIsolationForest({ ...model, offset: 0 }, matrix).scores
  return Object.freeze({ ...model, offset: Math.fround(quantile(Float64Array.from(scores), contamination)) })
}

/** With linear interpolation between two values, as numpy's percentile. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.sort()
  const place = share * (sorted.length - 1)
  const below = float64At(sorted, Math.floor(place))
  return below + (float64At(sorted, Math.ceil(place)) - below) * (place - Math.floor(place))
}

/**
 * Scores rows as scikit-learn's `decision_function`. The powers are the platform's: they may differ from those of an ONNX runtime in the
 * last bit.
 * @throws MlError `missing_feature` or `sparse_unsupported`
 */
export function predictIsolationForest(model: IsolationForest, features: Features): AnomaliesPredicted {
  const columns = columnsByName(model.featureNames, features)
  const scores = new Float32Array(features.rowCount)
  const leaves = new Int32Array(features.rowCount)
  for (let tree = 0; tree < model.treeCount; tree++) {
    findLeaves(model, { root: int32At(model.roots, tree), columns }, leaves)
    for (let row = 0; row < leaves.length; row++) {
      scores[row] = float32At(scores, row) + float32At(model.pathLengths, int32At(leaves, row))
    }
  }
  for (let row = 0; row < scores.length; row++) {
    const exponent = Math.fround(float32At(scores, row) * model.factor) + model.shift
    scores[row] = -model.offset - Math.fround(2 ** exponent)
  }
  return { kind: 'anomalies', scores }
}
