/**
 * Functions of distributions that tests need. Formulas: W. Press et al., Numerical Recipes, chapter 6 (gamma, beta); G. Marsaglia,
 * W. Tsang, J. Wang, Journal of Statistical Software 8(18), 2003, and W. Pelz, I. Good, JRSS B 38, 1976 (Kolmogorov).
 */
const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]
const epsilon = 1e-16
const stepsMax = 10_000

export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  const y = x - 1
  let sum = 0.99999999999980993
  for (const [index, term] of lanczos.entries()) sum += term / (y + index + 1)
  const t = y + lanczos.length - 0.5
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** The regularised upper incomplete gamma function Q(a, x). */
export function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1
  if (!Number.isFinite(x)) return 0
  const scale = Math.exp(-x + a * Math.log(x) - logGamma(a))
  if (x < a + 1) {
    let sum = 1 / a
    let term = sum
    for (let n = 1; n < stepsMax; n += 1) {
      term *= x / (a + n)
      sum += term
      if (Math.abs(term) < Math.abs(sum) * epsilon) break
    }
    return 1 - sum * scale
  }
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let h = d
  for (let n = 1; n < stepsMax; n += 1) {
    const an = -n * (n - a)
    b += 2
    d = 1 / nonZero(an * d + b, tiny)
    c = nonZero(b + an / c, tiny)
    const change = d * c
    h *= change
    if (Math.abs(change - 1) < epsilon * 10) break
  }
  return h * scale
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/** The regularised incomplete beta function I_x(a, b). */
export function betaLower(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny)
  let h = d
  for (let m = 1; m < stepsMax; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    const change = d * c
    h *= change
    if (Math.abs(change - 1) < epsilon * 10) break
  }
  return h
}

export function normalCdf(z: number): number {
  const tail = 0.5 * gammaUpper(0.5, (z * z) / 2)
  return z > 0 ? 1 - tail : tail
}

/** P(|T| > |t|) of Student's distribution. */
export function studentTwoSided(t: number, degrees: number): number {
  return betaLower(degrees / (degrees + t * t), degrees / 2, 0.5)
}

/** P(X <= successes) of the binomial distribution with a chance of `chance` each. */
export function binomialCdf(successes: number, trials: number, chance: number): number {
  if (successes < 0) return 0
  return successes >= trials ? 1 : betaLower(1 - chance, trials - successes, successes + 1)
}

/** P(X > x) of the chi-square distribution. */
export function chiSquareUpper(x: number, degrees: number): number {
  return gammaUpper(degrees / 2, x / 2)
}

/** P(D_n >= d) of the two-sided statistic of Kolmogorov for n values. */
export function kolmogorovUpper(d: number, n: number): number {
  if (d >= 1) return 0
  if (d <= 0) return 1
  const nd2 = n * d * d
  if (nd2 >= 370) return 0
  // Far in the tail twice the one-sided probability is exact to all digits.
  if (nd2 > 4) return Math.min(1, 2 * smirnovUpper(d, n))
  return Math.min(1, Math.max(0, 1 - (n <= 500 ? marsaglia(d, n) : pelzGood(d, n))))
}

/** P(D+ >= d), one-sided, by the sum of Smirnov. */
function smirnovUpper(d: number, n: number): number {
  const last = Math.floor(n * (1 - d))
  let sum = 0
  for (let j = 0; j <= last; j += 1) {
    const a = d + j / n
    const rest = 1 - a
    const log =
      logGamma(n + 1) -
      logGamma(j + 1) -
      logGamma(n - j + 1) +
      (j - 1) * Math.log(a) +
      (rest > 0 ? (n - j) * Math.log(rest) : n === j ? 0 : -Infinity)
    sum += Math.exp(log)
  }
  return d * sum
}

/** P(D_n < d) exactly, as a power of a matrix. */
function marsaglia(d: number, n: number): number {
  const k = Math.floor(n * d) + 1
  const m = 2 * k - 1
  const h = k - n * d
  const matrix = Array.from({ length: m }, (_, row) =>
    Array.from({ length: m }, (_, column) => (row - column + 1 < 0 ? 0 : 1)),
  )
  const at = (row: number) => matrix[row] as number[]
  for (let i = 0; i < m; i += 1) {
    at(i)[0] = (at(i)[0] ?? 0) - h ** (i + 1)
    at(m - 1)[i] = (at(m - 1)[i] ?? 0) - h ** (m - i)
  }
  at(m - 1)[0] = (at(m - 1)[0] ?? 0) + (2 * h - 1 > 0 ? (2 * h - 1) ** m : 0)
  for (let i = 0; i < m; i += 1)
    for (let j = 0; j < m; j += 1) for (let g = 2; g <= i - j + 1; g += 1) at(i)[j] = (at(i)[j] ?? 0) / g
  let { values, exponent } = power(matrix, n)
  let result = values[k - 1]?.[k - 1] ?? 0
  for (let i = 1; i <= n; i += 1) {
    result = (result * i) / n
    if (result < 1e-140) {
      result *= 1e140
      exponent -= 140
    }
  }
  return result * 10 ** exponent
}

interface Scaled {
  readonly values: readonly (readonly number[])[]
  readonly exponent: number
}

function power(matrix: readonly (readonly number[])[], n: number): Scaled {
  if (n === 1) return { values: matrix, exponent: 0 }
  const half = power(matrix, Math.floor(n / 2))
  let values = multiply(half.values, half.values)
  let exponent = 2 * half.exponent
  if (n % 2 === 1) values = multiply(values, matrix)
  const middle = Math.floor(values.length / 2)
  if ((values[middle]?.[middle] ?? 0) > 1e140) {
    values = values.map((row) => row.map((value) => value * 1e-140))
    exponent += 140
  }
  return { values, exponent }
}

function multiply(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row) => {
    const sums = new Array<number>(row.length).fill(0)
    for (const [k, value] of row.entries()) {
      const other = b[k] ?? []
      for (let j = 0; j < sums.length; j += 1) sums[j] = (sums[j] ?? 0) + value * (other[j] ?? 0)
    }
    return sums
  })
}

/** P(D_n < d) for many values, by the expansion of Pelz and Good. */
function pelzGood(d: number, n: number): number {
  const z = Math.sqrt(n) * d
  const pi2 = Math.PI ** 2
  const [z2, z4, z6] = [z ** 2, z ** 4, z ** 6]
  let [k0, k1, k2, k3, k2b, k3b] = [0, 0, 0, 0, 0, 0]
  for (let k = 0; k <= 40; k += 1) {
    const u = (k + 0.5) ** 2
    const factor = Math.exp((-u * pi2) / (2 * z2))
    k0 += factor
    k1 += (pi2 * u - z2) * factor
    k2 += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * u + pi2 ** 2 * (1 - 2 * z2) * u * u) * factor
    k3 +=
      (-30 * z6 -
        90 * z ** 8 +
        pi2 * (135 * z4 - 96 * z6) * u +
        pi2 ** 2 * (212 * z4 - 60 * z2) * u * u +
        pi2 ** 3 * u ** 3 * (5 - 30 * z2)) *
      factor
    if (k > 0) {
      const v = k * k
      const other = Math.exp((-v * pi2) / (2 * z2))
      k2b += v * other
      k3b += pi2 * v * (3 * z2 - pi2 * v) * other
    }
  }
  const root = Math.sqrt(Math.PI / 2)
  const root2pi = Math.sqrt(2 * Math.PI)
  const first = (root2pi / z) * k0
  const second = (root2pi / (6 * z4)) * k1
  const third = (root / (36 * z ** 7)) * k2 - (root2pi * pi2 * k2b) / (36 * z ** 3)
  const fourth = (root / (3240 * z ** 10)) * k3 + (root2pi * k3b) / (216 * z6)
  const n12 = Math.sqrt(n)
  return first + second / n12 + third / n + fourth / (n * n12)
}
