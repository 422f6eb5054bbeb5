import { float64At } from '../data/element.js'
import { symmetricEigen } from '../decomposition/eigen.js'
import { chiSquareUpper, studentTwoSided } from '../statistics/distributions.js'
import { meanAndDeviation } from './samples.js'

/** Student's test of two means with one variance. NaN where that is more than a number holds. */
export function studentTest(a: Float64Array, b: Float64Array): number {
  const [one, other] = [meanAndDeviation(a), meanAndDeviation(b)]
  const degrees = a.length + b.length - 2
  const variance = (a.length * one.deviation ** 2 + b.length * other.deviation ** 2) / degrees
  if (!Number.isFinite(variance)) return Number.NaN
  const t = (one.mean - other.mean) / Math.sqrt(variance * (1 / a.length + 1 / b.length))
  return studentTwoSided(t, degrees)
}

/** A quantile of an ascending sample, between neighbours by their distance. */
export function quantileOf(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share
  const low = Math.floor(place)
  const below = float64At(sorted, low)
  return low + 1 >= sorted.length ? below : below + (place - low) * (float64At(sorted, low + 1) - below)
}

/** Points at which the characteristic functions are compared, in half interquartile ranges. */
const points = [0.4, 0.8] as const
const size = 2 * points.length

/**
 * Test of T. Epps and K. Singleton (Journal of Statistical Computation and Simulation 26, 1986), as scipy.
 * Undefined where half of the values are one: there is no scale to compare by.
 */
export function eppsSingleton(a: Float64Array, b: Float64Array): number | undefined {
  const [n, m] = [a.length, b.length]
  const total = n + m
  const both = new Float64Array(total)
  both.set(a)
  both.set(b, n)
  both.sort()
  const scale = (quantileOf(both, 0.75) - quantileOf(both, 0.25)) / 2
  if (scale === 0 || n < 5 || m < 5) return undefined
  const [one, other] = [momentsOf(a, scale), momentsOf(b, scale)]
  const covariance = one.covariance.map(
    (value, at) => (total / n) * value + (total / m) * float64At(other.covariance, at),
  )
  const { values, vectors } = symmetricEigen(covariance, size)
  const largest = Math.abs(float64At(values, 0))
  let [rank, statistic] = [0, 0]
  for (let k = 0; k < size; k++) {
    if (Math.abs(float64At(values, k)) <= 1e-15 * largest) continue
    rank++
    let along = 0
    for (let at = 0; at < size; at++) {
      along += float64At(vectors, k * size + at) * (float64At(one.means, at) - float64At(other.means, at))
    }
    statistic += along ** 2 / float64At(values, k)
  }
  const correction = Math.max(n, m) < 25 ? 1 / (1 + total ** -0.45 + 10.1 * (n ** -1.7 + m ** -1.7)) : 1
  return chiSquareUpper(total * statistic * correction, rank)
}

function momentsOf(
  values: Float64Array,
  scale: number,
): { readonly means: Float64Array; readonly covariance: Float64Array } {
  const means = new Float64Array(size)
  const products = new Float64Array(size * size)
  const at = (value: number) =>
    [...points.map((t) => Math.cos((t / scale) * value)), ...points.map((t) => Math.sin((t / scale) * value))] as const
  for (const value of values) {
    for (const [k, part] of at(value).entries()) means[k] = float64At(means, k) + part / values.length
  }
  for (const value of values) {
    const parts = at(value).map((part, k) => part - float64At(means, k))
    for (let j = 0; j < size; j++) {
      for (let k = 0; k < size; k++) {
        const place = j * size + k
        products[place] = float64At(products, place) + ((parts[j] ?? 0) * (parts[k] ?? 0)) / values.length
      }
    }
  }
  return { means, covariance: products }
}
