import { float64At } from '../data/element.js'
import { chiSquareUpper } from '../statistics/distributions.js'
import { hypergeometric, normalUpper } from '../statistics/tails.js'
import type { PairedCounts } from './model.js'

const totalOf = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0)

/**
 * Goodness of fit of the current rows to the reference shares, as Evidently does it: it takes the reference as exact, so it alarms too often.
 * A label that the reference does not have gives 0; undefined of one label alone.
 */
export function chiSquareFit({ reference, current }: PairedCounts): number | undefined {
  if (reference.length < 2) return undefined
  const scale = totalOf(current) / totalOf(reference)
  let sum = 0
  for (let k = 0; k < reference.length; k++) {
    const expected = float64At(reference, k) * scale
    sum += (float64At(current, k) - expected) ** 2 / expected
  }
  return chiSquareUpper(sum, reference.length - 1)
}

/** Two-sided test of two shares, of the rows that do not have the smallest label. */
export function shareTest({ labels, reference, current }: PairedCounts): number {
  if (labels.length === 1) return 1
  const [n, m] = [totalOf(reference), totalOf(current)]
  const [a, b] = [(n - float64At(reference, 0)) / n, (m - float64At(current, 0)) / m]
  const pooled = (a * n + b * m) / (n + m)
  return 2 * normalUpper(Math.abs((a - b) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))))
}

/** Log-likelihood ratio against the reference counts as they are; undefined unless both sides have as many rows. */
export function likelihoodTest({ reference, current }: PairedCounts): number | undefined {
  if (reference.length < 2 || totalOf(reference) !== totalOf(current)) return undefined
  let sum = 0
  for (let k = 0; k < reference.length; k++) {
    const count = float64At(current, k)
    if (count > 0) sum += 2 * count * Math.log(count / float64At(reference, k))
  }
  return chiSquareUpper(sum, reference.length - 1)
}

/** Tables whose probability is as small, but for rounding. */
const roundingShare = 1e-7

/** Fisher's exact test, two-sided; undefined unless both sides have as many rows and there are two labels. */
export function fisherTest({ labels, reference, current }: PairedCounts): number | undefined {
  const [n, m] = [totalOf(reference), totalOf(current)]
  if (n !== m || labels.length > 2) return undefined
  if (labels.length === 1) return 1
  const [own, other] = [float64At(current, 0), float64At(reference, 0)]
  const marked = own + other
  const bound = hypergeometric(own, n + m, marked, m) * (1 + roundingShare)
  let sum = 0
  for (let k = Math.max(0, marked - n); k <= Math.min(marked, m); k++) {
    const probability = hypergeometric(k, n + m, marked, m)
    if (probability <= bound) sum += probability
  }
  return Math.min(1, sum)
}
