import { float64At } from '../data/element.js'
import { logGamma } from '../statistics/distributions.js'
import { besselKScaled, normalUpper } from '../statistics/tails.js'

/** Runs over distinct values of two ascending samples together: the rows before each value and those that have it. */
export function overDistinct(
  a: Float64Array,
  b: Float64Array,
  visit: (before: { readonly a: number; readonly b: number }, own: { readonly a: number; readonly b: number }) => void,
): void {
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const value =
      j >= b.length || (i < a.length && float64At(a, i) <= float64At(b, j)) ? float64At(a, i) : float64At(b, j)
    const [fromI, fromJ] = [i, j]
    while (i < a.length && float64At(a, i) === value) i++
    while (j < b.length && float64At(b, j) === value) j++
    visit({ a: fromI, b: fromJ }, { a: i - fromI, b: j - fromJ })
  }
}

/** Up to so many rows on the smaller side, and without ties, the rank test is exact. */
const exactRanksMax = 8

/** One-sided rank test of Mann and Whitney: how likely so small ranks of the reference are with nothing changed. As scipy, `less`. */
export function mannWhitneyLess(reference: Float64Array, current: Float64Array): number {
  const [n, m] = [reference.length, current.length]
  let ranks = 0
  let ties = 0
  overDistinct(reference, current, (before, own) => {
    const tied = own.a + own.b
    ranks += own.a * (before.a + before.b + (tied + 1) / 2)
    ties += tied ** 3 - tied
  })
  // Large where the current rows are greater.
  const u = n * m - (ranks - (n * (n + 1)) / 2)
  if (Math.min(n, m) <= exactRanksMax && ties === 0) return rankSumUpper(u, Math.min(n, m), Math.max(n, m))
  const total = n + m
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))))
  return normalUpper((u - (n * m) / 2 - 0.5) / deviation)
}

/** P(U >= u) exactly: coefficients of the Gaussian binomial, made by multiplying and dividing polynomials. */
function rankSumUpper(u: number, n: number, m: number): number {
  const size = n * m + 1
  const ways = new Float64Array(size)
  ways[0] = 1
  for (let i = 1; i <= n; i++) {
    for (let at = size - 1; at >= m + i; at--) ways[at] = float64At(ways, at) - float64At(ways, at - m - i)
    for (let at = i; at < size; at++) ways[at] = float64At(ways, at) + float64At(ways, at - i)
  }
  let [upper, total] = [0, 0]
  for (let at = 0; at < size; at++) {
    total += float64At(ways, at)
    if (at >= u) upper += float64At(ways, at)
  }
  return Math.min(1, upper / total)
}

/** Up to so many rows on both sides the criterion is counted exactly. */
const exactCriterionMax = 20

/** Two-sample criterion of Cramér and von Mises (T. Anderson, Annals of Mathematical Statistics 33, 1962), as scipy. */
export function cramerVonMises(a: Float64Array, b: Float64Array): number {
  const [n, m] = [a.length, b.length]
  const [sumA, sumB] = [{ value: 0 }, { value: 0 }]
  overDistinct(a, b, (before, own) => {
    const rank = before.a + before.b + (own.a + own.b + 1) / 2
    for (let k = 1; k <= own.a; k++) sumA.value += (rank - (before.a + k)) ** 2
    for (let k = 1; k <= own.b; k++) sumB.value += (rank - (before.b + k)) ** 2
  })
  const u = n * sumA.value + m * sumB.value
  const [product, total] = [n * m, n + m]
  if (Math.max(n, m) <= exactCriterionMax) return criterionUpper(u, n, m)
  const t = u / (product * total) - (4 * product - 1) / (6 * total)
  const mean = (1 + 1 / total) / 6
  const variance =
    ((total + 1) * (4 * product * total - 3 * (n * n + m * m) - 2 * product)) / (45 * total ** 2 * 4 * product)
  const standard = 1 / 6 + (t - mean) / Math.sqrt(45 * variance)
  return standard < 0.003 ? 1 : Math.max(0, 1 - criterionBelow(standard))
}

/** The limiting distribution of the criterion of one sample. */
function criterionBelow(x: number): number {
  let sum = 0
  for (let k = 0; ; k++) {
    const u = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x))
    const y = 4 * k + 1
    const q = y ** 2 / (16 * x)
    const term = u * Math.sqrt(y) * Math.exp(-2 * q) * besselKScaled(0.25, q)
    sum += term
    // The series of scipy ends here, and so do its digits.
    if (Math.abs(term) < 1e-7) return sum
  }
}

/** P(U >= u) by counting all orders of the rows (Y. Xiao, A. Gordon, A. Yakovlev, Journal of Statistical Software 17(8), 2007). */
function criterionUpper(u: number, n: number, m: number): number {
  const lcm = (n * m) / divisorOf(n, m)
  const [a, b] = [lcm / n, lcm / m]
  const product = n * m
  const bound = Math.floor((lcm ** 2 * (n + m) * (6 * u - product * (4 * product - 1))) / (6 * product ** 2))
  let ways: ReadonlyMap<number, number>[] = [
    new Map([[0, 1]]),
    ...Array.from({ length: n }, () => new Map<number, number>()),
  ]
  for (let j = 0; j <= m; j++) {
    const next: ReadonlyMap<number, number>[] = []
    let row: ReadonlyMap<number, number> = new Map()
    for (const [i, above] of ways.entries()) {
      const step = (a * i - b * j) ** 2
      const sum = new Map<number, number>()
      for (const from of [row, above]) {
        for (const [value, count] of from) sum.set(value + step, (sum.get(value + step) ?? 0) + count)
      }
      next.push(sum)
      row = sum
    }
    ways = next
  }
  let [upper, all] = [0, 0]
  for (const [value, count] of ways[n] ?? []) {
    all += count
    if (value >= bound) upper += count
  }
  return upper / all
}

function divisorOf(a: number, b: number): number {
  return b === 0 ? a : divisorOf(b, a % b)
}

/** log of the levels of F. Scholz and M. Stephens (JASA 82, 1987), fitted by a parabola over their critical values for two samples. */
const levels = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001]
/** Their coefficients of the three terms, which for two samples are added. */
const coefficients = [
  [0.675, -0.245, -0.105],
  [1.281, 0.25, -0.305],
  [1.645, 0.678, -0.362],
  [1.96, 1.149, -0.391],
  [2.326, 1.822, -0.396],
  [2.573, 2.364, -0.345],
  [3.085, 3.615, -0.154],
] as const
const critical = coefficients.map(([b0, b1, b2]) => b0 + b1 + b2)

/** Two-sample test of Anderson and Darling, midrank form; the probability is kept within 0.001 and 0.25, as scipy does. */
export function andersonDarling(a: Float64Array, b: Float64Array): number {
  const statistic = standardAnderson(a, b)
  if (statistic < (critical[0] ?? 0)) return 0.25
  if (statistic > (critical.at(-1) ?? 0)) return 0.001
  const [c0, c1, c2] = parabola(critical, levels.map(Math.log))
  return Math.exp(c0 + c1 * statistic + c2 * statistic ** 2)
}

function standardAnderson(a: Float64Array, b: Float64Array): number {
  const [n, m] = [a.length, b.length]
  const total = n + m
  let sum = 0
  overDistinct(a, b, (before, own) => {
    const tied = own.a + own.b
    const middle = before.a + before.b + tied / 2
    const weight = tied / total / (middle * (total - middle) - (total * tied) / 4)
    const gapA = total * (before.a + own.a / 2) - middle * n
    const gapB = total * (before.b + own.b / 2) - middle * m
    sum += weight * (gapA ** 2 / n + gapB ** 2 / m)
  })
  const statistic = (sum * (total - 1)) / total
  const { variance } = andersonMoments(n, m)
  return (statistic - 1) / Math.sqrt(variance)
}

/** Variance of the statistic of two samples with nothing changed. */
function andersonMoments(n: number, m: number): { readonly variance: number } {
  const total = n + m
  const parts = 1 / n + 1 / m
  let [harmonic, g] = [0, 0]
  for (let k = 1; k <= total - 2; k++) {
    harmonic += 1 / (total - k)
    g += harmonic / (k + 1)
  }
  const h = harmonic + 1
  const a = 4 * g - 6 + (10 - 6 * g) * parts
  const b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * parts - 8 * h + 4 * g - 6
  const c = (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * parts + 4 * h
  const d = (2 * h + 6) * 4 - 8 * h
  return { variance: (a * total ** 3 + b * total ** 2 + c * total + d) / ((total - 1) * (total - 2) * (total - 3)) }
}

/** Least squares of a parabola. */
function parabola(x: readonly number[], y: readonly number[]): readonly [number, number, number] {
  const power = (k: number) => x.reduce((sum, value) => sum + value ** k, 0)
  const mixed = (k: number) => x.reduce((sum, value, index) => sum + value ** k * (y[index] ?? 0), 0)
  const [s0, s1, s2, s3, s4] = [x.length, power(1), power(2), power(3), power(4)]
  const [t0, t1, t2] = [mixed(0), mixed(1), mixed(2)]
  const cofactor = [s2 * s4 - s3 * s3, s2 * s3 - s1 * s4, s1 * s3 - s2 * s2] as const
  const determinant = s0 * cofactor[0] + s1 * cofactor[1] + s2 * cofactor[2]
  return [
    (t0 * cofactor[0] + t1 * cofactor[1] + t2 * cofactor[2]) / determinant,
    (t0 * cofactor[1] + t1 * (s0 * s4 - s2 * s2) + t2 * (s1 * s2 - s0 * s3)) / determinant,
    (t0 * cofactor[2] + t1 * (s1 * s2 - s0 * s3) + t2 * (s0 * s2 - s1 * s1)) / determinant,
  ]
}
