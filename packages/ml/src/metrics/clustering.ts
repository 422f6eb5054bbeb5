import { float64At, int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { assertPaired } from './check-pairs.js'

/**
 * Mean silhouette of the rows (Rousseeuw 1987), -1..1: how much nearer a row is to its own cluster than to the next one. Rows alone in
 * their cluster count as 0. Euclidean; takes time in proportion to the square of the rows, so give a sample of a large set.
 * @param columns features, one value per row
 * @throws MlError `length_mismatch`, `empty_set` or `single_class` unless there are 2..rows - 1 clusters
 */
export function silhouette(columns: readonly (Float32Array | Float64Array)[], clusters: Int32Array): number {
  for (const column of columns) assertPaired(column.length, clusters.length)
  const rowCount = clusters.length
  const codes = [...new Set(clusters)]
  if (codes.length < 2 || codes.length >= rowCount) {
    throw new MlError(
      'single_class',
      `There are ${codes.length} clusters of ${rowCount} rows: give 2 to ${rowCount - 1}`,
      {
        value: codes.length,
      },
    )
  }
  const position = new Map(codes.map((code, index) => [code, index]))
  const own = Int32Array.from(clusters, (code) => position.get(code) ?? 0)
  const sizes = new Float64Array(codes.length)
  for (const index of own) sizes[index] = float64At(sizes, index) + 1
  let total = 0
  const sums = new Float64Array(codes.length)
  for (let row = 0; row < rowCount; row++) {
    sums.fill(0)
    for (let other = 0; other < rowCount; other++) {
      const cluster = int32At(own, other)
      sums[cluster] = float64At(sums, cluster) + distance(columns, row, other)
    }
    total += silhouetteOf(sums, sizes, int32At(own, row))
  }
  return total / rowCount
}

function silhouetteOf(sums: Float64Array, sizes: Float64Array, own: number): number {
  const size = float64At(sizes, own)
  if (size === 1) return 0
  const within = float64At(sums, own) / (size - 1)
  let nearest = Infinity
  for (let cluster = 0; cluster < sums.length; cluster++) {
    if (cluster !== own) nearest = Math.min(nearest, float64At(sums, cluster) / float64At(sizes, cluster))
  }
  const greater = Math.max(within, nearest)
  return greater === 0 ? 0 : (nearest - within) / greater
}

function distance(columns: readonly (Float32Array | Float64Array)[], a: number, b: number): number {
  let squares = 0
  for (const column of columns) {
    const difference = itemAt(column, a) - itemAt(column, b)
    squares += difference * difference
  }
  return Math.sqrt(squares)
}
