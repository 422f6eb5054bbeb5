import { float64At, int32At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import { momentsOf } from './column-statistics.js'

const neighbours = 3
const eulerGamma = 0.5772156649015329

/** Digamma of 1..limit: harmonic numbers less Euler's constant. */
function digammas(limit: number): Float64Array {
  const values = new Float64Array(limit + 1)
  values[0] = Number.NaN
  let harmonic = 0
  for (let number = 1; number <= limit; number++) {
    values[number] = harmonic - eulerGamma
    harmonic += 1 / number
  }
  return values
}

/** Doubles of deviation 1, with a noise that breaks ties: without it, equal values have a distance of 0 (Kraskov 2004). */
export function scaledWithNoise(values: Float32Array | Float64Array, random: Random): Float64Array {
  const deviation = Math.sqrt(momentsOf(values).variance) || 1
  let size = 0
  for (const value of values) size += Math.abs(value / deviation)
  const noise = 1e-10 * Math.max(1, size / values.length)
  return Float64Array.from(values, (value) => value / deviation + noise * normal(random))
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}

/**
 * How many ascending values lie nearer to one of them than a distance, itself included; at a distance of 0, how many equal it. Differences
 * are compared, never sums: a sum could round to the very neighbour that the distance was measured to.
 */
function countWithin(sorted: Float64Array, at: number, distance: number): number {
  const isNear = (difference: number) => difference < distance || difference === 0
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const value = float64At(sorted, middle)
    if (value < at && !isNear(at - value)) low = middle + 1
    else high = middle
  }
  const first = low
  high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const value = float64At(sorted, middle)
    if (value <= at || isNear(value - at)) low = middle + 1
    else high = middle
  }
  return low - first
}

/** Distance of a value to its k-th neighbour among ascending values. */
function neighbourDistance(sorted: Float64Array, position: number, k: number): number {
  const value = float64At(sorted, position)
  let [left, right] = [position - 1, position + 1]
  let distance = 0
  for (let found = 0; found < k; found++) {
    const toLeft = left >= 0 ? value - float64At(sorted, left) : Infinity
    const toRight = right < sorted.length ? float64At(sorted, right) - value : Infinity
    if (toLeft <= toRight) {
      distance = toLeft
      left--
    } else {
      distance = toRight
      right++
    }
  }
  return distance
}

/** Mutual information of a continuous feature and a class, in nats (Ross 2014); classes of one row are left out. */
export function informationOfClass(feature: Float64Array, codes: Int32Array, classCount: number): number {
  const byClass: number[][] = Array.from({ length: classCount }, () => [])
  for (let row = 0; row < codes.length; row++) byClass[int32At(codes, row)]?.push(float64At(feature, row))
  const groups = byClass.filter((values) => values.length > 1).map((values) => Float64Array.from(values).sort())
  const all = Float64Array.from(groups.flatMap((values) => [...values])).sort()
  const digamma = digammas(all.length)
  let sum = 0
  for (const values of groups) {
    const k = Math.min(neighbours, values.length - 1)
    for (let position = 0; position < values.length; position++) {
      const distance = neighbourDistance(values, position, k)
      const within = countWithin(all, float64At(values, position), distance)
      sum += float64At(digamma, k) - float64At(digamma, values.length) - float64At(digamma, within)
    }
  }
  return Math.max(0, float64At(digamma, all.length) + sum / all.length)
}

/** Mutual information of two continuous quantities, in nats (Kraskov, Stögbauer and Grassberger 2004, first estimator). */
export function informationOfNumber(feature: Float64Array, target: Float64Array): number {
  const rowCount = feature.length
  const order = Int32Array.from({ length: rowCount }, (_, row) => row).sort(
    (a, b) => float64At(feature, a) - float64At(feature, b),
  )
  const x = Float64Array.from(order, (row) => float64At(feature, row))
  const y = Float64Array.from(order, (row) => float64At(target, row))
  const sortedY = y.slice().sort()
  const digamma = digammas(rowCount)
  const k = Math.min(neighbours, rowCount - 1)
  let sum = 0
  for (let position = 0; position < rowCount; position++) {
    const distance = planeDistance(x, y, position, k)
    sum += float64At(digamma, countWithin(x, float64At(x, position), distance))
    sum += float64At(digamma, countWithin(sortedY, float64At(y, position), distance))
  }
  return Math.max(0, float64At(digamma, rowCount) + float64At(digamma, k) - sum / rowCount)
}

/** Distance (the greater of both coordinates) to the k-th neighbour, looking outwards along ascending x as far as it can matter. */
function planeDistance(x: Float64Array, y: Float64Array, position: number, k: number): number {
  const nearest = new Float64Array(k).fill(Infinity)
  const [ownX, ownY] = [float64At(x, position), float64At(y, position)]
  let [left, right] = [position - 1, position + 1]
  for (;;) {
    const toLeft = left >= 0 ? ownX - float64At(x, left) : Infinity
    const toRight = right < x.length ? float64At(x, right) - ownX : Infinity
    const step = Math.min(toLeft, toRight)
    if (step >= float64At(nearest, k - 1)) return float64At(nearest, k - 1)
    const other = toLeft <= toRight ? left-- : right++
    insert(nearest, Math.max(step, Math.abs(float64At(y, other) - ownY)))
  }
}

/** Puts a distance among the nearest, which stay ascending. */
function insert(nearest: Float64Array, distance: number): void {
  let at = nearest.length - 1
  if (distance >= float64At(nearest, at)) return
  for (; at > 0 && float64At(nearest, at - 1) > distance; at--) nearest[at] = float64At(nearest, at - 1)
  nearest[at] = distance
}
