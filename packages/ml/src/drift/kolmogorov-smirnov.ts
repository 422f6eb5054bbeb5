import { float64At } from '../data/element.js'
import { kolmogorovUpper } from '../statistics/distributions.js'

/** Up to so many rows on the larger side the probability is exact. */
const exactRowsMax = 10_000

function greatestDivisor(a: number, b: number): number {
  let [m, n] = [a, b]
  while (n > 0) [m, n] = [n, m % n]
  return m
}

/** The greatest distance of two distribution functions, in units of 1 / lcm(n, m): a whole number. */
function greatestGap(a: Float64Array, b: Float64Array, divisor: number): number {
  const [unitA, unitB] = [b.length / divisor, a.length / divisor]
  let [i, j] = [0, 0]
  let greatest = 0
  while (i < a.length && j < b.length) {
    const [x, y] = [float64At(a, i), float64At(b, j)]
    const value = x <= y ? x : y
    while (i < a.length && float64At(a, i) === value) i++
    while (j < b.length && float64At(b, j) === value) j++
    const gap = Math.abs(i * unitA - j * unitB)
    if (gap > greatest) greatest = gap
  }
  return greatest
}

/**
 * Probability of the two-sided test of Kolmogorov and Smirnov, as scipy.stats.ks_2samp: exact by counting paths up to 10,000 rows a side
 * (J. Hodges, Arkiv för Matematik 3, 1958), else by the distribution of one sample of n m / (n + m) rows. Both sides ascending.
 */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): { readonly distance: number; readonly p: number } {
  const divisor = greatestDivisor(a.length, b.length)
  const gap = greatestGap(a, b, divisor)
  const distance = gap / ((a.length / divisor) * b.length)
  if (gap === 0) return { distance, p: 1 }
  if (Math.max(a.length, b.length) > exactRowsMax) {
    const rows = (a.length * b.length) / (a.length + b.length)
    return { distance, p: Math.min(1, kolmogorovUpper(distance, roundHalfEven(rows))) }
  }
  const p = a.length === b.length ? outsideSquare(a.length, gap) : outsidePaths(a.length, b.length, divisor, gap)
  return { distance, p: Math.min(1, Math.max(0, p)) }
}

/** As numpy rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/** Share of the paths over an n by n square that leave the band of width h around the diagonal. */
function outsideSquare(n: number, h: number): number {
  let probability = 0
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let product = 1
    for (let j = 0; j < h; j++) product = ((n - k * h - j) * product) / (n + k * h + j + 1)
    probability = product * (1 - probability)
  }
  return 2 * probability
}

/** The same over a rectangle, as a share at each step so that nothing overflows. */
function outsidePaths(rowsA: number, rowsB: number, divisor: number, h: number): number {
  const [m, n] = rowsA >= rowsB ? [rowsA, rowsB] : [rowsB, rowsA]
  const [mg, ng] = [m / divisor, n / divisor]
  let from = 0
  let to = Math.min(Math.ceil(h / mg), n + 1)
  let length = to - from
  const shares = new Float64Array(Math.min(2 * to + 2, n + 1)).fill(1)
  shares.fill(0, from, to)
  for (let i = 1; i <= m; i++) {
    const [lastFrom, lastLength] = [from, length]
    from = Math.min(Math.max(Math.floor((ng * i - h) / mg) + 1, 0), n)
    to = Math.min(Math.ceil((ng * i + h) / mg), n + 1)
    if (to <= from) return 1
    let value = from === 0 ? 0 : 1
    for (let place = 0; place < to - from; place++) {
      const j = place + from
      value = (float64At(shares, j - lastFrom) * i + value * j) / (i + j)
      shares[place] = value
    }
    length = to - from
    if (lastLength > length) shares.fill(1, length, lastLength)
  }
  return float64At(shares, length - 1)
}
