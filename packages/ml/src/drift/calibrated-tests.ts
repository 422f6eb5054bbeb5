import { float64At } from '../data/element.js'
import { symmetricEigen } from '../decomposition/eigen.js'
import { chiSquareUpper } from '../statistics/distributions.js'
import { weightedChiSquareUpper } from '../statistics/tails.js'
import type { PairedCounts } from './model.js'
import { overDistinct } from './rank-tests.js'
import { roundsFor, shuffledProbability, shuffledStatistics } from './shuffled-counts.js'

/** Expected rows that the curve of chi-square needs: this in four of five cells, and one in each (W. Cochran, 1954). */
const expectedMin = 5
const shareOfCells = 0.8

export interface CalibratedTest {
  /** Probability of as much with nothing changed. */
  readonly p: number
  /** Cohen's w for labels. */
  readonly effect: number
}

const totalOf = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0)

/** Chi-square of homogeneity: both sides are samples of one population. */
function homogeneity({ reference, current }: PairedCounts): number {
  const [n, m] = [totalOf(reference), totalOf(current)]
  let sum = 0
  for (let k = 0; k < reference.length; k++) {
    const [a, b] = [float64At(reference, k), float64At(current, k)]
    if (a + b > 0) sum += (a * m - b * n) ** 2 / (a + b)
  }
  return sum / (n * m)
}

/**
 * Test of homogeneity of labels. Where rows are few for the curve, both sides are shuffled instead. The statistic is Campbell's
 * (N - 1) / N form, which holds its level in small samples.
 */
export function homogeneityTest(counts: PairedCounts, seed: number): CalibratedTest {
  const [n, m] = [totalOf(counts.reference), totalOf(counts.current)]
  const total = n + m
  const labels = counts.labels.length
  if (labels < 2) return { p: 1, effect: 0 }
  const statistic = homogeneity(counts)
  const effect = Math.sqrt(statistic / ((n * m) / total))
  const smaller = Math.min(n, m) / total
  let [small, least] = [0, Infinity]
  for (let k = 0; k < labels; k++) {
    const expected = (float64At(counts.reference, k) + float64At(counts.current, k)) * smaller
    if (expected < expectedMin) small++
    if (expected < least) least = expected
  }
  // Each label has two cells, of which the one on the smaller side is the smaller.
  const isEnough = least >= 1 && small <= (1 - shareOfCells) * labels
  // With two labels few tables are possible, which the curve passes over.
  if (isEnough && (labels > 2 || least >= 25)) {
    return { p: chiSquareUpper((statistic * (total - 1)) / total, labels - 1), effect }
  }
  const shuffled = shuffledStatistics(counts, homogeneity, { rounds: roundsFor(labels), seed })
  return { p: shuffledProbability(statistic, shuffled), effect }
}

/** Places at which the distribution of the statistic is worked out where values are tied. */
const cellsMax = 64

/** Weights of the limiting distribution without ties: 1 / (j (j + 1)). */
const untied = Float64Array.from({ length: 300 }, (_, j) => 1 / ((j + 1) * (j + 2)))

/**
 * Two-sample test of Anderson and Darling with its own distribution, ties or not: the weights of its sum of chi-squares are the eigenvalues of
 * the covariance at the tied values (Scholz and Stephens 1987; the tail by Davies 1980).
 */
export function andersonTest(a: Float64Array, b: Float64Array): number {
  const [n, m] = [a.length, b.length]
  const total = n + m
  let sum = 0
  let mass = 0
  const cells: { right: number; weight: number; isOne: boolean }[] = []
  let cellFrom = 0
  overDistinct(a, b, (before, own) => {
    const rows = own.a + own.b
    const below = before.a + before.b + rows
    if (below < total) {
      const gap = (before.a + own.a) * m - (before.b + own.b) * n
      sum += (rows * gap ** 2) / (below * (total - below))
      mass += rows / total
    }
    const isOne = before.a + before.b === cellFrom && rows > total / cellsMax
    if (below - cellFrom < total / cellsMax && below < total) return
    cells.push({ right: below / total, weight: (below - cellFrom) / total, isOne })
    cellFrom = below
  })
  if (mass === 0) return 1
  // The mean over all orders is known, so it is made exact.
  const scaled = ((sum / (n * m)) * (total - 1)) / total
  if (!cells.some(({ isOne }) => isOne)) return weightedChiSquareUpper(scaled / mass, untied)
  return weightedChiSquareUpper(scaled, tiedWeights(cells))
}

function tiedWeights(
  cells: readonly { readonly right: number; readonly weight: number; readonly isOne: boolean }[],
): Float64Array {
  const places = cells
    .map(({ right, weight, isOne }) => ({ at: isOne ? right : right - weight / 2, weight }))
    .filter(({ at }) => at < 1 - 1e-12)
  const size = places.length
  const matrix = new Float64Array(size * size)
  for (const [i, one] of places.entries()) {
    for (const [j, other] of places.entries()) {
      const [low, high] = one.at <= other.at ? [one.at, other.at] : [other.at, one.at]
      const correlation = Math.sqrt((low * (1 - high)) / (high * (1 - low)))
      matrix[i * size + j] = Math.sqrt(one.weight * other.weight) * correlation
    }
  }
  const { values } = symmetricEigen(matrix, size)
  return values.filter((value) => value > 1e-9)
}
