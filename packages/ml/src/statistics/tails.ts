import { float64At } from '../data/element.js'
import { chiSquareUpper, gammaUpper, logGamma } from './distributions.js'

/** P(Z > z) of the normal distribution, also far out, where 1 minus the lower part would be 0. */
export function normalUpper(z: number): number {
  const tail = 0.5 * gammaUpper(0.5, (z * z) / 2)
  return z > 0 ? tail : 1 - tail
}

/** e^x K_v(x) of the modified Bessel function of the second kind, x above 0, by its integral over cosh. */
export function besselKScaled(order: number, x: number): number {
  // Doubly exponential decay: the trapezoidal rule has all digits at this step.
  const step = 1 / 32
  let sum = 0.5
  for (let t = step; ; t += step) {
    const term = Math.exp(-x * (Math.cosh(t) - 1)) * Math.cosh(order * t)
    sum += term
    if (term < 1e-18 * sum) return sum * step
  }
}

/** P(X = k) where `draws` are taken from `size` things of which `marked` are marked, without putting back. */
export function hypergeometric(k: number, size: number, marked: number, draws: number): number {
  const choose = (n: number, m: number) => logGamma(n + 1) - logGamma(m + 1) - logGamma(n - m + 1)
  return Math.exp(choose(marked, k) + choose(size - marked, draws - k) - choose(size, draws))
}

/**
 * P(Q > x) of a sum of squared normal numbers with weights, descending and positive: Davies, Applied Statistics 29, 1980, by its
 * characteristic function; far out by the largest weight (Zolotarev, 1961), where the sum would lose its digits.
 */
export function weightedChiSquareUpper(x: number, weights: Float64Array): number {
  if (x <= 0) return 1
  const largest = float64At(weights, 0)
  if (weights.length === 1) return chiSquareUpper(x / largest, 1)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const step = (2 * Math.PI) / (x + sum + 60 * largest)
  let upper = 0.5
  for (let k = 0; k < 20_000; k++) {
    const u = (k + 0.5) * step
    let angle = 0
    let size = 0
    for (let index = 0; index < weights.length; index++) {
      const turned = 2 * u * float64At(weights, index)
      angle += Math.atan(turned)
      size += Math.log1p(turned * turned)
    }
    const length = Math.exp(-0.25 * size)
    upper += (Math.sin(0.5 * angle - u * x) * length) / (Math.PI * (k + 0.5))
    if (length < 1e-13 * (k + 0.5)) break
  }
  if (upper > 1e-7) return Math.min(1, upper)
  let factor = 1
  for (let index = 1; index < weights.length; index++) factor *= 1 - Math.min(0.99, float64At(weights, index) / largest)
  return Math.min(1e-7, chiSquareUpper(x / largest, 1) / Math.sqrt(factor))
}
