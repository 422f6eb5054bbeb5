import { float64At } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import type { Pace } from '../estimators/pace.js'
import type { Random } from '../random/create-random.js'

export function squaredDistance(
  { columnCount, values }: DenseRows,
  row: number,
  centres: Float64Array,
  cluster: number,
): number {
  let sum = 0
  for (let column = 0; column < columnCount; column++) {
    const difference =
      float64At(values, row * columnCount + column) - float64At(centres, cluster * columnCount + column)
    sum += difference * difference
  }
  return sum
}

/** Writes the nearest centre of each row, the first among equals, and gives the weighted sum of squared distances. */
export function assignRows(
  rows: DenseRows,
  centres: Float64Array,
  codes: Int32Array,
  { from, to }: { readonly from: number; readonly to: number },
  weights?: Float64Array,
): number {
  const { columnCount, values } = rows
  const count = centres.length / columnCount
  let inertia = 0
  for (let row = from; row < to; row++) {
    const start = row * columnCount
    let nearest = 0
    let least = Infinity
    for (let cluster = 0; cluster < count; cluster++) {
      const base = cluster * columnCount
      let sum = 0
      for (let column = 0; column < columnCount; column++) {
        const difference = float64At(values, start + column) - float64At(centres, base + column)
        sum += difference * difference
      }
      if (sum >= least) continue
      least = sum
      nearest = cluster
    }
    codes[row] = nearest
    inertia += least * (weights === undefined ? 1 : float64At(weights, row))
  }
  return inertia
}

/** The first centres: rows by chance, or each far from those before, the best of a few candidates as scikit-learn draws them. */
export async function chooseCentres(
  rows: DenseRows,
  weights: Float64Array,
  choice: { readonly count: number; readonly isSpread: boolean; readonly random: Random; readonly pace: Pace },
): Promise<Float64Array> {
  const { rowCount, columnCount, values } = rows
  const { count, isSpread, random, pace } = choice
  const centres = new Float64Array(count * columnCount)
  const place = (cluster: number, row: number) =>
    centres.set(values.subarray(row * columnCount, (row + 1) * columnCount), cluster * columnCount)
  if (!isSpread) {
    const order = Int32Array.from({ length: rowCount }, (_, row) => row)
    random.shuffle(order)
    for (let cluster = 0; cluster < count; cluster++) place(cluster, order[cluster] ?? 0)
    return centres
  }
  const candidates = 2 + Math.floor(Math.log(count))
  let distances = new Float64Array(rowCount).fill(1)
  place(0, drawRow(distances, weights, random))
  distances = nearestAfter(rows, centres, 0, new Float64Array(rowCount).fill(Infinity))
  for (let cluster = 1; cluster < count; cluster++) {
    await pace.spend(candidates * rowCount * columnCount)
    let bestTotal = Infinity
    let best = distances
    let bestRow = 0
    for (let candidate = 0; candidate < candidates; candidate++) {
      const row = drawRow(distances, weights, random)
      place(cluster, row)
      const after = nearestAfter(rows, centres, cluster, distances)
      let total = 0
      for (let index = 0; index < rowCount; index++) total += float64At(after, index) * float64At(weights, index)
      if (total >= bestTotal) continue
      bestTotal = total
      best = after
      bestRow = row
    }
    place(cluster, bestRow)
    distances = best
  }
  return centres
}

/** A row drawn in proportion to its weight times its distance; any row when all distances are 0. */
function drawRow(distances: Float64Array, weights: Float64Array, random: Random): number {
  let total = 0
  for (let row = 0; row < distances.length; row++) total += float64At(distances, row) * float64At(weights, row)
  if (total === 0) return random.intBelow(distances.length)
  let left = random.float() * total
  for (let row = 0; row < distances.length; row++) {
    left -= float64At(distances, row) * float64At(weights, row)
    if (left < 0) return row
  }
  return distances.length - 1
}

/** Squared distance of each row to the nearest centre when one more is added. */
function nearestAfter(
  rows: DenseRows,
  centres: Float64Array,
  cluster: number,
  before: Float64Array,
): Float64Array<ArrayBuffer> {
  const after = new Float64Array(before.length)
  for (let row = 0; row < before.length; row++) {
    after[row] = Math.min(float64At(before, row), squaredDistance(rows, row, centres, cluster))
  }
  return after
}
