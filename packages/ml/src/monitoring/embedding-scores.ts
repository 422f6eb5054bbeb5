import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { normedWasserstein } from '../drift/distances.js'
import { medianAboveZero } from '../drift/median-above-zero.js'
import type { FitRun } from '../estimators/estimator.js'
import { logisticRegression } from '../linear/logistic-regression.js'
import { isClass, rocAuc } from '../metrics/ranking.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { sortedValues } from './profile-column.js'

/** Vectors of one length, row after row. */
export interface Embeddings {
  readonly rowCount: number
  readonly dimension: number
  readonly values: Float32Array | Float64Array
}

/** What a distance of two mean vectors is measured by. */
export type VectorDistance = 'euclidean' | 'cosine' | 'cityblock' | 'chebyshev'

/** Rows of each set that kernels look at: they take a step for each pair. */
export const kernelRowsMax = 1000

/** Normed Wasserstein distance from which a component drifts. */
const componentThreshold = 0.1

function component({ rowCount, dimension, values }: Embeddings, place: number): Float64Array {
  return Float64Array.from({ length: rowCount }, (_, row) => itemAt(values, row * dimension + place))
}

/** Vectors as columns. */
export function matrixOf(vectors: Embeddings): DesignMatrix {
  return designMatrix(
    Array.from({ length: vectors.dimension }, (_, place) => numericColumn(`v${place}`, component(vectors, place))),
  )
}

/** How well a classifier tells two sets apart. */
export interface Separability {
  /** Area under the ROC curve of the rows that it has not seen: 0.5 where they cannot be told apart. */
  readonly area: number
  /** Standard deviation of the area with nothing changed. */
  readonly deviation: number
}

/** Learns on half of the rows which set one is of, and ranks the other half by it. */
export async function separability(
  reference: Embeddings,
  current: Embeddings,
  { seed, threads, signal }: FitRun & { readonly seed: number },
): Promise<Separability> {
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
  const isReference = isClass(codesOf(kept), 1)
  const own = isReference.reduce((sum, one) => sum + one, 0)
  const other = isReference.length - own
  return {
    area: rocAuc(isReference, itemAt(probabilities ?? [], 1)),
    deviation: Math.sqrt((own + other + 1) / (12 * own * other)),
  }
}

/** The share of components whose normed Wasserstein distance is a drift. */
export function driftedShare(reference: Embeddings, current: Embeddings): number {
  let drifted = 0
  for (let place = 0; place < reference.dimension; place++) {
    const score = normedWasserstein(sortedValues(component(reference, place)), sortedValues(component(current, place)))
    if (score >= componentThreshold) drifted++
  }
  return drifted / reference.dimension
}

/** The mean of some vectors; of all without `rows`. */
export function meanVector({ rowCount, dimension, values }: Embeddings, rows?: Int32Array): Float64Array {
  const mean = new Float64Array(dimension)
  const count = rows?.length ?? rowCount
  for (let at = 0; at < count; at++) {
    const start = (rows === undefined ? at : int32At(rows, at)) * dimension
    for (let place = 0; place < dimension; place++) mean[place] = float64At(mean, place) + itemAt(values, start + place)
  }
  return mean.map((sum) => sum / count)
}

/** How far two vectors are apart. */
export function distanceOf(first: Float64Array, second: Float64Array, kind: VectorDistance = 'euclidean'): number {
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
export function sampled(vectors: Embeddings, seed: number): Embeddings {
  if (vectors.rowCount <= kernelRowsMax) return vectors
  const rows = Int32Array.from({ length: vectors.rowCount }, (_, row) => row)
  createRandom(deriveSeed(seed, 2)).shuffle(rows)
  return taken(vectors, rows.subarray(0, kernelRowsMax))
}

/** Some of the vectors. */
export function taken({ dimension, values }: Embeddings, rows: Int32Array): Embeddings {
  const kept = new Float64Array(rows.length * dimension)
  for (let at = 0; at < rows.length; at++) {
    const start = int32At(rows, at) * dimension
    kept.set(values.subarray(start, start + dimension), at * dimension)
  }
  return { rowCount: rows.length, dimension, values: kept }
}

/** The unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012). */
export function discrepancy(reference: Embeddings, current: Embeddings): number {
  const between = squaredDistances(reference, current)
  const sorted = between.slice().sort()
  const middle = sorted.length >> 1
  const median =
    sorted.length % 2 === 1
      ? Math.sqrt(float64At(sorted, middle))
      : (Math.sqrt(float64At(sorted, middle - 1)) + Math.sqrt(float64At(sorted, middle))) / 2
  // Without a width, as of placeholders, Evidently has no number at all. Sets of one and the same vector do not differ.
  const gamma = median === 0 ? 1 / (medianAboveZero(sorted) ?? 1) : 1 / median ** 2
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
