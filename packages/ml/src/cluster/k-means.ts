import { float64At, int32At } from '../data/element.js'
import { type DenseRows, denseRows } from '../data/feature-rows.js'
import { checkFeatures, checkSampleWeights, featureCount, featureNames } from '../estimators/check-input.js'
import type { ClustersPredicted, Estimator, Features, FitInput, FittedModel } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { createPace } from '../estimators/pace.js'
import { weightsOrOnes } from '../estimators/row-weights.js'
import { MlError } from '../ml-error.js'
import { argMin, binary, castTo, rowOf } from '../onnx/graph-steps.js'
import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { createRandom, type Random } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { assignRows, chooseCentres, squaredDistance } from './k-means-steps.js'

export interface KMeansParameters {
  readonly nClusters: number
  readonly init: 'k-means++' | 'random'
  readonly nInit: 'auto' | number
  readonly maxIter: number
  readonly tol: number
  readonly seed: number
}

const parameters: ParameterTable<KMeansParameters> = {
  nClusters: parameter('integer', {
    name: 'nClusters',
    sklearnName: 'n_clusters',
    default: 8,
    min: 1,
    max: 10_000,
    description: { en: 'Number of clusters', fr: 'Nombre de groupes' },
  }),
  init: parameter('choice', {
    name: 'init',
    sklearnName: 'init',
    default: 'k-means++',
    choices: ['k-means++', 'random'],
    description: {
      en: 'How the first centres are drawn: far from each other, or from all rows alike',
      fr: 'Comment sont tirés les premiers centres : loin les uns des autres, ou parmi toutes les lignes',
    },
  }),
  nInit: parameter('integer', {
    name: 'nInit',
    sklearnName: 'n_init',
    default: 'auto',
    choices: ['auto'],
    min: 1,
    max: 1000,
    description: {
      en: 'Starts, of which the best is kept; auto is 1 for k-means++ and 10 otherwise',
      fr: 'Départs, dont le meilleur est gardé ; auto vaut 1 pour k-means++ et 10 sinon',
    },
  }),
  maxIter: parameter('integer', {
    name: 'maxIter',
    sklearnName: 'max_iter',
    default: 300,
    min: 1,
    max: 100_000,
    description: { en: 'Most iterations of one start', fr: 'Nombre maximal d’itérations d’un départ' },
  }),
  tol: parameter('number', {
    name: 'tol',
    sklearnName: 'tol',
    default: 1e-4,
    min: 0,
    description: {
      en: 'Stops when the centres move less than this share of the mean variance',
      fr: 'Arrêt quand les centres bougent moins que cette part de la variance moyenne',
    },
  }),
  seed: seedParameter,
}

export interface KMeans extends FittedModel {
  readonly kind: 'k_means'
  readonly featureCount: number
  /** Cluster after cluster. */
  readonly centres: Float64Array
  /** Sum of the squared distances of the rows to their centres. */
  readonly inertia: number
  readonly iterations: number
}

/** Clusters by the nearest centre: Lloyd's iterations from centres drawn by k-means++ (Arthur and Vassilvitskii 2007). */
export const kMeans: Estimator<'clustering', KMeans, KMeansParameters> = {
  kind: 'k_means',
  task: 'clustering',
  sklearnName: 'KMeans',
  parameters,
  accepts: {
    sparse: false,
    missing: false,
    categories: false,
    sampleWeights: true,
    wantsScaling: true,
    nonNegative: false,
  },

  async fit(input: FitInput<'clustering'>): Promise<KMeans> {
    const { features, sampleWeights, signal, onProgress } = input
    const resolved = resolveParameters<KMeansParameters>(parameters, input.parameters ?? {})
    checkFeatures(features, kMeans.accepts)
    checkSampleWeights(features, sampleWeights, kMeans.accepts)
    if (!('columns' in features)) throw new MlError('sparse_unsupported', 'k_means takes no sparse features')
    if (features.rowCount < resolved.nClusters) {
      throw new MlError('empty_set', `There are ${features.rowCount} rows for ${resolved.nClusters} clusters`, {
        value: features.rowCount,
      })
    }
    const rows = denseRows(features)
    const weights = weightsOrOnes(sampleWeights, rows.rowCount)
    const starts = resolved.nInit === 'auto' ? (resolved.init === 'random' ? 10 : 1) : resolved.nInit
    const pace = createPace(signal)
    let best: KMeans | undefined
    for (let start = 0; start < starts; start++) {
      const random = createRandom(deriveSeed(resolved.seed, start))
      const found = await lloyd(rows, weights, resolved, { random, pace, onProgress })
      if (best === undefined || found.inertia < best.inertia) {
        best = Object.freeze({
          kind: 'k_means',
          featureNames: featureNames(features),
          featureCount: featureCount(features),
          ...found,
        })
      }
    }
    if (best === undefined) throw new MlError('empty_set', 'There was no start')
    return best
  },

  predict(model: KMeans, features: Features): ClustersPredicted {
    const rows = modelRows(model, features) as DenseRows
    const codes = new Int32Array(rows.rowCount)
    assignRows(rows, model.centres, codes, { from: 0, to: rows.rowCount })
    return { kind: 'clusters', codes }
  },

  addToGraph({ centres, featureCount: width }, graph, features) {
    const count = centres.length / width
    const transposed = new Float64Array(centres.length)
    const squares = new Float64Array(count)
    for (let cluster = 0; cluster < count; cluster++) {
      for (let feature = 0; feature < width; feature++) {
        const value = float64At(centres, cluster * width + feature)
        transposed[feature * count + cluster] = -2 * value
        squares[cluster] = float64At(squares, cluster) + value * value
      }
    }
    const weights = graph.constant('centres', { elementType: 'float64', shape: [width, count], values: transposed })
    const products = binary(graph, 'MatMul', castTo(graph, features, 'float64'), weights)
    return { codes: argMin(graph, binary(graph, 'Add', products, rowOf(graph, 'squares', squares, 'float64'))) }
  },
}

interface LloydRun {
  readonly random: Random
  readonly pace: ReturnType<typeof createPace>
  readonly onProgress: FitInput<'clustering'>['onProgress']
}

async function lloyd(
  rows: DenseRows,
  weights: Float64Array,
  { nClusters, init, maxIter, tol }: KMeansParameters,
  { random, pace, onProgress }: LloydRun,
): Promise<{ centres: Float64Array; inertia: number; iterations: number }> {
  const { rowCount, columnCount } = rows
  let centres = await chooseCentres(rows, weights, { count: nClusters, isSpread: init === 'k-means++', random, pace })
  const codes = new Int32Array(rowCount).fill(-1)
  const moveMin = tol * meanVariance(rows)
  const operations = rowCount * nClusters * columnCount
  let iterations = 0
  let inertia = 0
  for (let isDone = false; !isDone && iterations < maxIter; iterations++) {
    await pace.spend(operations)
    const before = codes.slice()
    inertia = assignRows(rows, centres, codes, { from: 0, to: rowCount }, weights)
    const next = meansOf(rows, weights, codes, centres)
    let move = 0
    for (let index = 0; index < centres.length; index++) {
      move += (float64At(next, index) - float64At(centres, index)) ** 2
    }
    centres = next
    onProgress?.({ done: iterations + 1, total: maxIter, metrics: { inertia } })
    isDone = move <= moveMin || codes.every((code, row) => code === int32At(before, row))
  }
  inertia = assignRows(rows, centres, codes, { from: 0, to: rowCount }, weights)
  return { centres, inertia, iterations }
}

/** Weighted mean of the rows of each cluster; an empty one moves to the row that is farthest from its centre. */
function meansOf(rows: DenseRows, weights: Float64Array, codes: Int32Array, centres: Float64Array): Float64Array {
  const { rowCount, columnCount, values } = rows
  const count = centres.length / columnCount
  const sums = new Float64Array(centres.length)
  const totals = new Float64Array(count)
  for (let row = 0; row < rowCount; row++) {
    const cluster = int32At(codes, row)
    const weight = float64At(weights, row)
    totals[cluster] = float64At(totals, cluster) + weight
    for (let column = 0; column < columnCount; column++) {
      const at = cluster * columnCount + column
      sums[at] = float64At(sums, at) + weight * float64At(values, row * columnCount + column)
    }
  }
  const taken = new Set<number>()
  for (let cluster = 0; cluster < count; cluster++) {
    const total = float64At(totals, cluster)
    const source = total > 0 ? -1 : farthestRow(rows, codes, centres, taken)
    for (let column = 0; column < columnCount; column++) {
      const at = cluster * columnCount + column
      sums[at] = source < 0 ? float64At(sums, at) / total : float64At(values, source * columnCount + column)
    }
  }
  return sums
}

function farthestRow(rows: DenseRows, codes: Int32Array, centres: Float64Array, taken: Set<number>): number {
  let farthest = 0
  let most = -1
  for (let row = 0; row < rows.rowCount; row++) {
    if (taken.has(row)) continue
    const distance = squaredDistance(rows, row, centres, int32At(codes, row))
    if (distance <= most) continue
    most = distance
    farthest = row
  }
  taken.add(farthest)
  return farthest
}

function meanVariance({ rowCount, columnCount, values }: DenseRows): number {
  let total = 0
  for (let column = 0; column < columnCount; column++) {
    let sum = 0
    for (let row = 0; row < rowCount; row++) sum += float64At(values, row * columnCount + column)
    const mean = sum / rowCount
    let squares = 0
    for (let row = 0; row < rowCount; row++) squares += (float64At(values, row * columnCount + column) - mean) ** 2
    total += squares / rowCount
  }
  return total / columnCount
}
