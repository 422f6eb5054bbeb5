import { float64At } from '../data/element.js'
import { createRandom } from '../random/create-random.js'
import { evenPlaces } from './even-places.js'
import { medianAboveZero } from './median-above-zero.js'

/** Rows of each side at most: what is compared grows with their square. More are thinned evenly. */
const rowsMax = 500
const rounds = 100

/**
 * Maximum mean discrepancy with a Gaussian kernel, whose width is the median distance within the reference: the share of 100 shuffles that
 * give as much. Shuffles are ours, so the last digits are not those of Evidently.
 * @param widthOf what the width comes from: Evidently's has none of its own where most numbers are the same, and then sees no other
 */
export function kernelTest(
  reference: Float64Array,
  current: Float64Array,
  { seed, widthOf }: { readonly seed: number; readonly widthOf: 'all' | 'different' },
): number | undefined {
  const [a, b] = [thinned(reference), thinned(current)]
  const [n, m] = [a.length, b.length]
  if (n < 2 || m < 2) return undefined
  const width = squaredWidth(a, widthOf)
  if (!Number.isFinite(width)) return undefined
  const gamma = 1 / (2 * width)
  const values = Float64Array.of(...a, ...b)
  const total = n + m
  const kernel = new Float64Array(total * total)
  for (let i = 0; i < total; i++) {
    for (let j = 0; j < total; j++) {
      kernel[i * total + j] = i === j ? 0 : Math.exp(-gamma * (float64At(values, i) - float64At(values, j)) ** 2)
    }
  }
  const order = Array.from({ length: total }, (_, index) => index)
  const observed = discrepancy(kernel, order, n)
  const random = createRandom(seed)
  let asLarge = 0
  for (let round = 0; round < rounds; round++) {
    random.shuffle(order)
    if (observed <= discrepancy(kernel, order, n)) asLarge++
  }
  return asLarge / rounds
}

function discrepancy(kernel: Float64Array, order: readonly number[], n: number): number {
  const total = order.length
  const m = total - n
  const sums: [number, number, number] = [0, 0, 0]
  for (let i = 0; i < total; i++) {
    const row = (order[i] ?? 0) * total
    for (let j = i + 1; j < total; j++) {
      const part = j < n ? 0 : i < n ? 1 : 2
      sums[part] += float64At(kernel, row + (order[j] ?? 0))
    }
  }
  return (2 * sums[0]) / (n * (n - 1)) + (2 * sums[2]) / (m * (m - 1)) - (2 * sums[1]) / (n * m)
}

function thinned(sorted: Float64Array): Float64Array {
  if (sorted.length <= rowsMax) return sorted
  return Float64Array.from(evenPlaces(sorted.length, rowsMax), (place) => float64At(sorted, place))
}

/** Half of the median squared distance; a half where that is nothing. */
function squaredWidth(values: Float64Array, of: 'all' | 'different'): number {
  const squares = new Float64Array(values.length ** 2)
  for (let i = 0; i < values.length; i++) {
    for (let j = 0; j < values.length; j++)
      squares[i * values.length + j] = (float64At(values, i) - float64At(values, j)) ** 2
  }
  squares.sort()
  if (of === 'different') return (medianAboveZero(squares) ?? 1) / 2
  const median = float64At(squares, Math.round((squares.length - 1) / 2))
  return median === 0 ? 0.5 : median / 2
}
