import { float32Values } from '../data/design-matrix.js'
import { float32At } from '../data/element.js'
import { checkFeatures, featureCount, featureNames } from '../estimators/check-input.js'
import type { Acceptance, Features, FittedModel } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { NeighborsParameters } from './neighbors-parameters.js'

/** The training rows themselves; features by column, float32 as in a file. */
export interface NeighborRows extends FittedModel {
  readonly featureCount: number
  readonly rowCount: number
  readonly parameters: NeighborsParameters
  /** Feature after feature. */
  readonly values: Float32Array
}

/** Most numbers that a model keeps: 400 MB. */
export const neighborValuesMax = 100_000_000

export const neighborsAccept: Acceptance = {
  sparse: false,
  missing: false,
  categories: false,
  sampleWeights: false,
  wantsScaling: true,
  nonNegative: false,
}

/**
 * Keeps the training rows.
 * @throws MlError of `checkFeatures`, `memory_limit`, or `empty_set` for fewer rows than neighbours
 */
export function keepRows(kind: string, features: Features, parameters: NeighborsParameters): NeighborRows {
  checkFeatures(features, neighborsAccept)
  if (!('columns' in features)) throw new MlError('sparse_unsupported', `${kind} takes no sparse features`)
  const { rowCount, columns } = features
  if (parameters.nNeighbors > rowCount) {
    throw new MlError('empty_set', `There are ${rowCount} rows for ${parameters.nNeighbors} neighbours: add rows`, {
      value: rowCount,
    })
  }
  if (rowCount * columns.length > neighborValuesMax) {
    throw new MlError(
      'memory_limit',
      `There are ${rowCount} rows of ${columns.length} features: a model of neighbours keeps at most ${neighborValuesMax} numbers`,
      { value: rowCount * columns.length },
    )
  }
  const values = new Float32Array(rowCount * columns.length)
  for (const [index, column] of columns.entries()) values.set(float32Values(column), index * rowCount)
  return {
    kind,
    featureNames: featureNames(features),
    featureCount: featureCount(features),
    rowCount,
    parameters,
    values,
  }
}

/** The nearest training rows of one row. */
export interface Neighbors {
  /** Nearest first, the lower row number among equals. */
  readonly rows: Int32Array
  /** Distances (of Euclid squared), float32. */
  readonly distances: Float32Array
}

/**
 * Finds neighbours, row after row, by comparing with every training row. Distances are summed up in float32, feature after feature, as
 * the nodes of the file do.
 */
export function forEachRow(
  model: NeighborRows,
  rows: Float64Array,
  visit: (row: number, neighbors: Neighbors) => void,
): void {
  const { featureCount: width, rowCount, values, parameters } = model
  const isSquared = parameters.metric === 'euclidean'
  const sums = new Float32Array(rowCount)
  const neighbors = { rows: new Int32Array(parameters.nNeighbors), distances: new Float32Array(parameters.nNeighbors) }
  for (let row = 0; row < rows.length / width; row++) {
    sums.fill(0)
    for (let feature = 0; feature < width; feature++) {
      const own = Math.fround(rows[row * width + feature] ?? 0)
      if (isSquared) addSquares(sums, values, feature * rowCount, own)
      else addSizes(sums, values, feature * rowCount, own)
    }
    nearest(sums, neighbors)
    visit(row, neighbors)
  }
}

function addSquares(sums: Float32Array, values: Float32Array, base: number, own: number): void {
  for (let other = 0; other < sums.length; other++) {
    const difference = Math.fround(own - float32At(values, base + other))
    sums[other] = float32At(sums, other) + Math.fround(difference * difference)
  }
}

function addSizes(sums: Float32Array, values: Float32Array, base: number, own: number): void {
  for (let other = 0; other < sums.length; other++) {
    sums[other] = float32At(sums, other) + Math.abs(Math.fround(own - float32At(values, base + other)))
  }
}

/** The least values in order, by insertion: most rows are farther than the last kept one. */
function nearest(sums: Float32Array, { rows, distances }: Neighbors): void {
  const count = rows.length
  let kept = 0
  for (let other = 0; other < sums.length; other++) {
    const distance = float32At(sums, other)
    if (kept === count && distance >= float32At(distances, count - 1)) continue
    let place = kept < count ? kept++ : count - 1
    while (place > 0 && float32At(distances, place - 1) > distance) {
      distances[place] = float32At(distances, place - 1)
      rows[place] = rows[place - 1] ?? 0
      place--
    }
    distances[place] = distance
    rows[place] = other
  }
}

/**
 * Weights of the neighbours: 1 each, or 1 / distance; where some are at distance 0, those weigh 1 and the others nothing.
 */
export function neighborWeights(
  { weights, metric }: NeighborsParameters,
  { distances }: Neighbors,
  into: Float64Array,
): void {
  if (weights === 'uniform') {
    into.fill(1)
    return
  }
  const hasZero = distances.includes(0)
  for (let index = 0; index < distances.length; index++) {
    const distance = float32At(distances, index)
    if (hasZero) into[index] = distance === 0 ? 1 : 0
    else into[index] = 1 / (metric === 'euclidean' ? Math.sqrt(distance) : distance)
  }
}
