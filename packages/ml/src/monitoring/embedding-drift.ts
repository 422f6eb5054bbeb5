import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { pca } from '../decomposition/pca.js'
import { normedWasserstein } from '../drift/distances.js'
import type { FitRun } from '../estimators/estimator.js'
import { logisticRegression } from '../linear/logistic-regression.js'
import { isClass, rocAuc } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { percentile } from '../statistics/bootstrap.js'
import { sortedValues } from './profile-column.js'

/** Vectors of one length, row after row. */
export interface Embeddings {
  readonly rowCount: number
  readonly dimension: number
  readonly values: Float32Array | Float64Array
}

/**
 * How vectors are compared, with Evidently's names and thresholds:
 * - `model`: the area under the ROC curve of a classifier of the two sets on rows it has not seen; above 0.55
 * - `distance`: between the two mean vectors; above 0.2
 * - `mmd`: maximum mean discrepancy with a Gaussian kernel as wide as the median distance; above 0.015
 * - `ratio`: the share of components whose normed Wasserstein distance is at least 0.1; above 0.2
 */
export type EmbeddingDriftMethod = 'model' | 'distance' | 'mmd' | 'ratio'

export const embeddingThresholds: Readonly<Record<EmbeddingDriftMethod, number>> = {
  model: 0.55,
  distance: 0.2,
  mmd: 0.015,
  ratio: 0.2,
}

export interface EmbeddingDriftOptions extends FitRun {
  readonly seed: number
  /** `model` by default, as Evidently. */
  readonly method?: EmbeddingDriftMethod
  /** A number; or `resampled`, for `distance` and `mmd`: the 95th percentile of the score among sets drawn from the reference alone. */
  readonly threshold?: number | 'resampled'
  /** Of `distance`; euclidean by default. */
  readonly distance?: 'euclidean' | 'cosine' | 'cityblock' | 'chebyshev'
  /** Principal components of the reference that are compared instead of the vectors. */
  readonly pcaComponents?: number
}

export interface EmbeddingDrift {
  readonly state: 'tested' | 'not_enough_data'
  readonly method: EmbeddingDriftMethod
  readonly score: number | null
  readonly threshold: number | null
  /** Null where nothing could be decided. */
  readonly drift: boolean | null
  readonly referenceRows: number
  readonly currentRows: number
}

/** Rows that each set needs. */
export const embeddingRowsMin = 20

/** Rows of each set that kernels look at: they take a step for each pair. */
export const kernelRowsMax = 1000

const componentThreshold = 0.1
const resamples = 100

/**
 * Compares two sets of vectors. The scores of `distance` and `ratio` are Evidently's to the digit; those of `model` and `mmd` depend on
 * rows drawn at random there and on another learner here, so decisions agree and digits need not. `mmd` looks at 1000 rows of each set.
 * @throws MlError `length_mismatch`, `non_finite_value`, `invalid_parameter`, and as the estimators
 */
export async function embeddingDrift(
  reference: Embeddings,
  current: Embeddings,
  options: EmbeddingDriftOptions,
): Promise<EmbeddingDrift> {
  const { method = 'model', threshold = embeddingThresholds[method] } = options
  assertVectors(reference)
  assertVectors(current)
  if (reference.dimension !== current.dimension) {
    throw new MlError(
      'length_mismatch',
      `The vectors have ${current.dimension} numbers and those of the reference ${reference.dimension}: give the same`,
      { value: current.dimension },
    )
  }
  if (threshold === 'resampled' && (method === 'model' || method === 'ratio')) {
    throw new MlError('invalid_parameter', `Only distance and mmd have a resampled threshold, not ${method}`, {
      value: method,
    })
  }
  const counts = { method, referenceRows: reference.rowCount, currentRows: current.rowCount }
  if (Math.min(reference.rowCount, current.rowCount) < embeddingRowsMin) {
    return { state: 'not_enough_data', ...counts, score: null, threshold: null, drift: null }
  }
  const [was, now] = await reduced(reference, current, options)
  const score = await scoreOf(method, [was, now], options)
  const limit = threshold === 'resampled' ? resampledThreshold(was, now.rowCount, { method, options }) : threshold
  return { state: 'tested', ...counts, score, threshold: limit, drift: score > limit }
}

function assertVectors({ rowCount, dimension, values }: Embeddings): void {
  if (values.length !== rowCount * dimension || dimension < 1) {
    throw new MlError(
      'length_mismatch',
      `${rowCount} vectors of ${dimension} numbers are not ${values.length} numbers`,
      {
        value: values.length,
      },
    )
  }
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  throw new MlError('non_finite_value', `Vector ${Math.floor(at / dimension)} has the number ${values[at]}`, {
    value: values[at],
  })
}

async function reduced(
  reference: Embeddings,
  current: Embeddings,
  { pcaComponents, seed: _, ...run }: EmbeddingDriftOptions,
): Promise<readonly [Embeddings, Embeddings]> {
  if (pcaComponents === undefined) return [reference, current]
  const model = await pca.fit({
    features: matrixOf(reference),
    target: null,
    parameters: { n_components: pcaComponents },
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  })
  const project = (vectors: Embeddings): Embeddings => {
    const { columns } = pca.predict(model, matrixOf(vectors))
    const values = new Float64Array(vectors.rowCount * columns.length)
    for (const [place, column] of columns.entries()) {
      for (let row = 0; row < vectors.rowCount; row++) values[row * columns.length + place] = itemAt(column, row)
    }
    return { rowCount: vectors.rowCount, dimension: columns.length, values }
  }
  return [project(reference), project(current)]
}

function component({ rowCount, dimension, values }: Embeddings, place: number): Float64Array {
  return Float64Array.from({ length: rowCount }, (_, row) => itemAt(values, row * dimension + place))
}

function matrixOf(vectors: Embeddings): DesignMatrix {
  return designMatrix(
    Array.from({ length: vectors.dimension }, (_, place) => numericColumn(`v${place}`, component(vectors, place))),
  )
}

async function scoreOf(
  method: EmbeddingDriftMethod,
  [reference, current]: readonly [Embeddings, Embeddings],
  options: EmbeddingDriftOptions,
): Promise<number> {
  if (method === 'model') return separability(reference, current, options)
  if (method === 'ratio') return driftedShare(reference, current)
  if (method === 'distance') return distanceOf(meanVector(reference), meanVector(current), options.distance)
  return Math.max(0, discrepancy(sampled(reference, options.seed), sampled(current, options.seed)))
}

/** Learns on half of the rows which set one is of, and ranks the other half by it. */
async function separability(
  reference: Embeddings,
  current: Embeddings,
  { seed, threads, signal }: EmbeddingDriftOptions,
): Promise<number> {
  const rowCount = reference.rowCount + current.rowCount
  const order = Int32Array.from({ length: rowCount }, (_, row) => row)
  createRandom(deriveSeed(seed, 1)).shuffle(order)
  const half = rowCount >> 1
  const codesOf = (rows: Int32Array) => rows.map((row) => (row < reference.rowCount ? 1 : 0))
  const columns = Array.from({ length: reference.dimension }, (_, place) => {
    const values = new Float64Array(rowCount)
    values.set(component(reference, place))
    values.set(component(current, place), reference.rowCount)
    return values
  })
  const take = (rows: Int32Array) =>
    designMatrix(
      columns.map((values, place) =>
        numericColumn(
          `v${place}`,
          Float64Array.from(rows, (row) => float64At(values, row)),
        ),
      ),
    )
  const [learnt, kept] = [order.subarray(0, half), order.subarray(half)]
  const model = await logisticRegression.fit({
    features: take(learnt),
    target: {
      kind: 'classes',
      labels: { kind: 'class_labels', codes: codesOf(learnt), classes: ['current', 'reference'] },
    },
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
  })
  const { probabilities } = logisticRegression.predict(model, take(kept))
  return rocAuc(isClass(codesOf(kept), 1), itemAt(probabilities ?? [], 1))
}

function driftedShare(reference: Embeddings, current: Embeddings): number {
  let drifted = 0
  for (let place = 0; place < reference.dimension; place++) {
    const score = normedWasserstein(sortedValues(component(reference, place)), sortedValues(component(current, place)))
    if (score >= componentThreshold) drifted++
  }
  return drifted / reference.dimension
}

function meanVector({ rowCount, dimension, values }: Embeddings, rows?: Int32Array): Float64Array {
  const mean = new Float64Array(dimension)
  const count = rows?.length ?? rowCount
  for (let at = 0; at < count; at++) {
    const start = (rows === undefined ? at : int32At(rows, at)) * dimension
    for (let place = 0; place < dimension; place++) mean[place] = float64At(mean, place) + itemAt(values, start + place)
  }
  return mean.map((sum) => sum / count)
}

function distanceOf(first: Float64Array, second: Float64Array, kind: EmbeddingDriftOptions['distance'] = 'euclidean') {
  let [squares, sizes, greatest, product, ownSquares, otherSquares] = [0, 0, 0, 0, 0, 0]
  for (let place = 0; place < first.length; place++) {
    const [own, other] = [float64At(first, place), float64At(second, place)]
    const size = Math.abs(own - other)
    squares += size * size
    sizes += size
    greatest = Math.max(greatest, size)
    product += own * other
    ownSquares += own * own
    otherSquares += other * other
  }
  if (kind === 'euclidean') return Math.sqrt(squares)
  if (kind === 'cityblock') return sizes
  if (kind === 'chebyshev') return greatest
  const lengths = Math.sqrt(ownSquares * otherSquares)
  return lengths === 0 ? 0 : Math.max(0, 1 - product / lengths)
}

/** At most `kernelRowsMax` rows, drawn without putting back. */
function sampled(vectors: Embeddings, seed: number): Embeddings {
  if (vectors.rowCount <= kernelRowsMax) return vectors
  const rows = Int32Array.from({ length: vectors.rowCount }, (_, row) => row)
  createRandom(deriveSeed(seed, 2)).shuffle(rows)
  return taken(vectors, rows.subarray(0, kernelRowsMax))
}

function taken({ dimension, values }: Embeddings, rows: Int32Array): Embeddings {
  const kept = new Float64Array(rows.length * dimension)
  for (let at = 0; at < rows.length; at++) {
    const start = int32At(rows, at) * dimension
    kept.set(values.subarray(start, start + dimension), at * dimension)
  }
  return { rowCount: rows.length, dimension, values: kept }
}

/** The unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012). */
function discrepancy(reference: Embeddings, current: Embeddings): number {
  const between = squaredDistances(reference, current)
  const sorted = between.slice().sort()
  const middle = sorted.length >> 1
  const median =
    sorted.length % 2 === 1
      ? Math.sqrt(float64At(sorted, middle))
      : (Math.sqrt(float64At(sorted, middle - 1)) + Math.sqrt(float64At(sorted, middle))) / 2
  // Sets of one and the same vector have no width: they do not differ.
  const gamma = median === 0 ? 1 : 1 / median ** 2
  const sum = (distances: Float64Array) => distances.reduce((total, distance) => total + Math.exp(-gamma * distance), 0)
  const [m, n] = [reference.rowCount, current.rowCount]
  // The diagonal of a set with itself is one for each row.
  return (
    (sum(squaredDistances(reference, reference)) - m) / (m * (m - 1)) +
    (sum(squaredDistances(current, current)) - n) / (n * (n - 1)) -
    (2 * sum(between)) / (m * n)
  )
}

function squaredDistances(first: Embeddings, second: Embeddings): Float64Array {
  const { dimension } = first
  const [owns, others] = [Float64Array.from(first.values), Float64Array.from(second.values)]
  const distances = new Float64Array(first.rowCount * second.rowCount)
  for (let own = 0; own < first.rowCount; own++) {
    for (let other = 0; other < second.rowCount; other++) {
      let squares = 0
      for (let place = 0; place < dimension; place++) {
        const size = float64At(owns, own * dimension + place) - float64At(others, other * dimension + place)
        squares += size * size
      }
      distances[own * second.rowCount + other] = squares
    }
  }
  return distances
}

/** The score that sets of these sizes, both drawn from the reference, stay below in 95 of 100 draws. */
function resampledThreshold(
  reference: Embeddings,
  currentRows: number,
  { method, options }: { readonly method: EmbeddingDriftMethod; readonly options: EmbeddingDriftOptions },
): number {
  const total = reference.rowCount + currentRows
  const limit = method === 'mmd' ? kernelRowsMax / 4 : Infinity
  const size = (rows: number) => Math.max(2, Math.min(limit, Math.floor((rows * reference.rowCount) / total)))
  const random = createRandom(deriveSeed(options.seed, 3))
  const draw = (count: number) => Int32Array.from({ length: count }, () => random.intBelow(reference.rowCount))
  const scores = Float64Array.from({ length: resamples }, () => {
    const [own, other] = [draw(size(reference.rowCount)), draw(size(currentRows))]
    if (method === 'distance') {
      return distanceOf(meanVector(reference, own), meanVector(reference, other), options.distance)
    }
    return discrepancy(taken(reference, own), taken(reference, other))
  })
  return percentile(scores.sort(), 0.95)
}
