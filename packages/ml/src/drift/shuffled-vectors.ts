import { setImmediate as nextTurn } from 'node:timers/promises'
import { float64At, int32At } from '../data/element.js'
import type { Embeddings } from '../monitoring/embedding-scores.js'
import { createRandom } from '../random/create-random.js'
import { deviationMin } from './distances.js'
import { medianAboveZero } from './median-above-zero.js'
import { roundsFor, shuffledThreshold } from './shuffled-counts.js'

/** A score of two sets of vectors beside what rows shuffled between them give. */
export interface ShuffledScore {
  readonly score: number
  readonly shuffled: Float64Array
  /** How large the difference is, on the scale of the method. */
  readonly effect: number
}

export interface ShuffleRun {
  readonly seed: number
  readonly signal?: AbortSignal | undefined
}

/** Steps between two looks at what else there is to do. */
const stepsAtOnce = 20_000_000

interface Shuffling extends ShuffleRun {
  readonly reference: number
  readonly current: number
  readonly rounds: number
  /** Of one round. */
  readonly steps: number
}

/** Shuffles the rows of both sets: `look` is given those that are the reference in a round, in ascending order. */
async function shuffleRows(
  { reference, current, rounds, seed, signal, steps }: Shuffling,
  look: (rows: Int32Array, round: number) => void,
): Promise<void> {
  const random = createRandom(seed)
  const order = firstRows(reference + current)
  let done = 0
  for (let round = 0; round < rounds; round++) {
    done += steps
    if (done > stepsAtOnce) {
      await nextTurn()
      signal?.throwIfAborted()
      done = 0
    }
    random.shuffle(order)
    // Memory is read in its order.
    look(order.slice(0, reference).sort(), round)
  }
}

async function shuffledScores(
  shuffling: Omit<Shuffling, 'rounds'>,
  statistic: (rows: Int32Array) => number,
): Promise<Float64Array> {
  const found = new Float64Array(roundsFor(shuffling.steps))
  await shuffleRows({ ...shuffling, rounds: found.length }, (rows, round) => {
    found[round] = statistic(rows)
  })
  return found
}

const firstRows = (count: number) => Int32Array.from({ length: count }, (_, row) => row)

function pooled(reference: Embeddings, current: Embeddings): Embeddings {
  const values = new Float64Array(reference.values.length + current.values.length)
  values.set(reference.values)
  values.set(current.values, reference.values.length)
  return { rowCount: reference.rowCount + current.rowCount, dimension: reference.dimension, values }
}

/**
 * The unbiased squared maximum mean discrepancy with a Gaussian kernel as wide as the median distance of all rows that differ, so that the width is the same
 * however they are shuffled (Gretton et al., A Kernel Two-Sample Test, JMLR 13, 2012). Its root is how large the difference is.
 */
export async function shuffledDiscrepancy(
  reference: Embeddings,
  current: Embeddings,
  run: ShuffleRun,
): Promise<ShuffledScore> {
  const kernel = await kernelOf(pooled(reference, current), run.signal)
  const [n, m] = [reference.rowCount, current.rowCount]
  const total = n + m
  const sums = new Float64Array(total)
  let all = 0
  for (let row = 0; row < total; row++) {
    for (let other = 0; other < total; other++)
      sums[row] = float64At(sums, row) + float64At(kernel, row * total + other)
    all += float64At(sums, row) / 2
  }
  const pairs = (count: number) => (count * (count - 1)) / 2
  const statistic = (rows: Int32Array) => {
    let [within, reached] = [0, 0]
    for (let at = 0; at < rows.length; at++) {
      const start = int32At(rows, at) * total
      reached += float64At(sums, int32At(rows, at))
      for (let next = at + 1; next < rows.length; next++) within += float64At(kernel, start + int32At(rows, next))
    }
    const between = reached - 2 * within
    const rest = all - within - between
    return within / pairs(n) + rest / pairs(m) - (2 * between) / (n * m)
  }
  const shuffled = await shuffledScores({ ...run, reference: n, current: m, steps: pairs(n) }, statistic)
  const score = statistic(firstRows(n))
  return { score, shuffled, effect: Math.sqrt(Math.max(0, score)) }
}

/** Of each pair of rows; 0 of a row with itself. */
async function kernelOf({ rowCount, dimension, values }: Embeddings, signal: AbortSignal | undefined) {
  const kernel = new Float64Array(rowCount * rowCount)
  const distances = new Float64Array((rowCount * (rowCount - 1)) / 2)
  let [place, done] = [0, 0]
  for (let own = 0; own < rowCount; own++) {
    done += (rowCount - own) * dimension
    if (done > stepsAtOnce) {
      await nextTurn()
      signal?.throwIfAborted()
      done = 0
    }
    const vector = values.subarray(own * dimension, (own + 1) * dimension)
    for (let other = own + 1; other < rowCount; other++) {
      const start = other * dimension
      let squares = 0
      for (let at = 0; at < dimension; at++) {
        const size = (vector[at] ?? 0) - (values[start + at] ?? 0)
        squares += size * size
      }
      distances[place++] = squares
      kernel[own * rowCount + other] = squares
    }
  }
  // Where all rows are one and the same vector there is no width.
  const gamma = 1 / (medianAboveZero(distances.sort()) ?? 1)
  for (let own = 0; own < rowCount; own++) {
    for (let other = own + 1; other < rowCount; other++) {
      const value = Math.exp(-gamma * float64At(kernel, own * rowCount + other))
      kernel[own * rowCount + other] = value
      kernel[other * rowCount + own] = value
    }
  }
  return kernel
}

/** The distance between both mean vectors; in deviations of the reference it is how large the difference is. */
export async function shuffledDistance(
  reference: Embeddings,
  current: Embeddings,
  run: ShuffleRun,
): Promise<ShuffledScore> {
  const { values, dimension } = pooled(reference, current)
  const [n, m] = [reference.rowCount, current.rowCount]
  const whole = sumOf(values, dimension, firstRows(n + m))
  const statistic = (rows: Int32Array) => {
    const own = sumOf(values, dimension, rows)
    let squares = 0
    for (let at = 0; at < dimension; at++) {
      const part = float64At(own, at)
      squares += (part / n - (float64At(whole, at) - part) / m) ** 2
    }
    return Math.sqrt(squares)
  }
  const shuffled = await shuffledScores({ ...run, reference: n, current: m, steps: n * dimension }, statistic)
  const score = statistic(firstRows(n))
  return { score, shuffled, effect: score / Math.max(spreadOf(reference), deviationMin) }
}

function sumOf(values: Embeddings['values'], dimension: number, rows: Int32Array): Float64Array {
  const sum = new Float64Array(dimension)
  for (let at = 0; at < rows.length; at++) {
    const start = int32At(rows, at) * dimension
    for (let place = 0; place < dimension; place++) sum[place] = float64At(sum, place) + (values[start + place] ?? 0)
  }
  return sum
}

/** The root of the mean squared distance from the mean vector. */
function spreadOf({ values, dimension, rowCount }: Embeddings): number {
  const sum = sumOf(values, dimension, firstRows(rowCount))
  let squares = 0
  for (let at = 0; at < values.length; at++) {
    squares += ((values[at] ?? 0) - float64At(sum, at % dimension) / rowCount) ** 2
  }
  return Math.sqrt(squares / rowCount)
}

/** Of a component: what one of 20 shuffles exceeds. */
const componentLevel = 0.05

/**
 * The share of components that drift, each against its own shuffles: their normed Wasserstein distance is greater than in 19 of 20. A threshold
 * that is the same for all would be exceeded by chance where rows are few. How large the difference is, is the share itself.
 */
export async function shuffledShare(
  reference: Embeddings,
  current: Embeddings,
  run: ShuffleRun,
): Promise<ShuffledScore> {
  const both = pooled(reference, current)
  const components = Array.from({ length: both.dimension }, (_, place) => sortedComponent(both, place))
  const [n, m] = [reference.rowCount, current.rowCount]
  const isReference = new Uint8Array(n + m)
  const distances = (rows: Int32Array) => {
    isReference.fill(0)
    for (const row of rows) isReference[row] = 1
    return Float64Array.from(components, (one) => normedDistance(one, isReference, n))
  }
  const steps = (n + m) * both.dimension
  const rounds = roundsFor(steps)
  const found: Float64Array[] = []
  await shuffleRows({ ...run, reference: n, current: m, rounds, steps }, (rows) => found.push(distances(rows)))
  const limits = components.map((_, place) =>
    shuffledThreshold(
      Float64Array.from(found, (round) => float64At(round, place)),
      componentLevel,
    ),
  )
  const share = (of: Float64Array) =>
    limits.reduce((count, limit, place) => count + (float64At(of, place) > limit ? 1 : 0), 0) / components.length
  const score = share(distances(firstRows(n)))
  return { score, shuffled: Float64Array.from(found, share), effect: score }
}

interface SortedComponent {
  /** Ascending. */
  readonly values: Float64Array
  /** The row of each. */
  readonly rows: Int32Array
}

function sortedComponent({ values, dimension, rowCount }: Embeddings, place: number): SortedComponent {
  const at = (row: number) => values[row * dimension + place] ?? 0
  const rows = firstRows(rowCount).sort((a, b) => at(a) - at(b))
  return { values: Float64Array.from(rows, at), rows }
}

/** The area between both distribution functions, in deviations of the reference, as `normedWasserstein` of both sides. */
function normedDistance({ values, rows }: SortedComponent, isReference: Uint8Array, referenceRows: number): number {
  const currentRows = rows.length - referenceRows
  let [below, area, sum] = [0, 0, 0]
  for (let at = 0; at < rows.length; at++) {
    const value = float64At(values, at)
    if (at > 0) {
      const gap = below / referenceRows - (at - below) / currentRows
      area += Math.abs(gap) * (value - float64At(values, at - 1))
    }
    if (isReference[int32At(rows, at)] === 1) {
      below++
      sum += value
    }
  }
  const mean = sum / referenceRows
  let squares = 0
  for (let at = 0; at < rows.length; at++) {
    if (isReference[int32At(rows, at)] === 1) squares += (float64At(values, at) - mean) ** 2
  }
  return area / Math.max(Math.sqrt(squares / referenceRows), deviationMin)
}
