import { float64At, int32At } from '../data/element.js'

export interface EncodingWork {
  readonly codes: Int32Array
  /** Number of categories. */
  readonly count: number
  readonly values: Float64Array
  readonly smooth: number | 'auto'
  /** 1 for a row that is learnt from, 0 for one that is not; null for all. */
  readonly rows: Int32Array | null
}

/**
 * The encoding of each category, then that of unseen ones (the mean of all). Empirical Bayes as in scikit-learn: with `auto`, the
 * variance within a category against that of all decides how far its mean is trusted (Micci-Barreca 2001).
 */
export function encodeTarget({ codes, count, values, smooth, rows }: EncodingWork): Float64Array {
  const counts = new Float64Array(count)
  const sums = new Float64Array(count)
  let total = 0
  let learnt = 0
  for (let row = 0; row < codes.length; row++) {
    if (rows !== null && int32At(rows, row) === 0) continue
    const code = int32At(codes, row)
    const value = float64At(values, row)
    counts[code] = float64At(counts, code) + 1
    sums[code] = float64At(sums, code) + value
    total += value
    learnt++
  }
  const mean = total / learnt
  const result = new Float64Array(count + 1).fill(mean)
  if (smooth !== 'auto') {
    for (let code = 0; code < count; code++) {
      const weight = float64At(counts, code) + smooth
      if (weight > 0) result[code] = (float64At(sums, code) + smooth * mean) / weight
    }
    return result
  }
  const { within, variance } = spreads({ codes, count, values, rows }, { counts, sums, mean, learnt })
  for (let code = 0; code < count; code++) {
    const rowsHere = float64At(counts, code)
    const between = variance * rowsHere
    const trust = between / (between + float64At(within, code) / rowsHere)
    if (Number.isNaN(trust)) continue
    result[code] = (trust * float64At(sums, code)) / rowsHere + (1 - trust) * mean
  }
  return result
}

/** Squared distances from the mean: within each category, and of all by row. */
function spreads(
  { codes, count, values, rows }: Omit<EncodingWork, 'smooth'>,
  means: { readonly counts: Float64Array; readonly sums: Float64Array; readonly mean: number; readonly learnt: number },
): { readonly within: Float64Array; readonly variance: number } {
  const { counts, sums, mean, learnt } = means
  const within = new Float64Array(count)
  let squares = 0
  for (let row = 0; row < codes.length; row++) {
    if (rows !== null && int32At(rows, row) === 0) continue
    const code = int32At(codes, row)
    const value = float64At(values, row)
    within[code] = float64At(within, code) + (value - float64At(sums, code) / float64At(counts, code)) ** 2
    squares += (value - mean) ** 2
  }
  return { within, variance: squares / learnt }
}
