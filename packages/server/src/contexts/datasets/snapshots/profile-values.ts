import type { ColumnProfile, ColumnType, Json } from '@fabrique/contract'
import { limit, present } from '../../../kernel/index.js'

/** Shares at which a profile tells the values of a column. */
export const profileShares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const

/** What the figures of a column of numbers, or of moments as microseconds since 1970, are computed from. */
export interface NumbersGiven {
  readonly type: ColumnType
  /** Of the finite values. */
  readonly count: number
  readonly min: number
  readonly max: number
}

/** A quantile, and the values that it stands between. */
export interface Quantile {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface NumbersFound {
  readonly distinct: number
  readonly mean: number
  readonly std: number | undefined
  readonly quantiles: readonly Quantile[]
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] } | undefined
  readonly top: readonly { readonly value: number; readonly count: number }[]
  readonly zeros: number
  readonly negatives: number
}

/** Takes the finite values of a column in ascending order, in any number of pieces, each value as often as its weight says. */
export interface NumbersReader {
  take(values: ArrayLike<number>, length: number, weights?: ArrayLike<number>): void
  end(): NumbersFound
}

const dayUs = 86_400_000_000

/** Values that stand on a grid: their bins begin on it. */
function gridOf(type: ColumnType, range: number, bins: number): number | undefined {
  if (type === 'integer') return 1
  if (type === 'date') return dayUs
  if (type === 'timestamp') return range > bins * 1e6 ? 1e6 : 1
  return undefined
}

/**
 * Edges of bins of equal width, as many as Sturges has (ceil(log2 n + 1)) and at most `profile.bins_max`. Whole numbers, days and
 * moments have edges that are whole as well; undefined where the range of the values is not a number.
 */
export function binEdges({ type, count, min, max }: NumbersGiven): readonly number[] | undefined {
  const range = max - min
  if (!Number.isFinite(range)) return undefined
  const bins = Math.min(limit('profile.bins_max'), Math.max(1, Math.ceil(Math.log2(count) + 1)))
  const grid = gridOf(type, range, bins)
  if (grid !== undefined) {
    const low = Math.floor(min / grid) * grid
    const cells = Math.floor((max - low) / grid) + 1
    const width = Math.max(1, Math.ceil(cells / bins)) * grid
    const used = Math.ceil((cells * grid) / width)
    return Array.from({ length: used + 1 }, (_, index) => low + index * width)
  }
  if (range === 0) return [min - 0.5, max + 0.5]
  const width = range / bins
  const edges = Array.from({ length: bins + 1 }, (_, index) => (index === bins ? max : min + index * width))
  // Values next to each other leave no room for as many edges.
  return edges.every((edge, index) => index === 0 || edge > present(edges[index - 1], 'edge')) ? edges : [min, max]
}

/** Reads a column once, in order, and computes everything that a profile tells of it. Quantiles of numbers are interpolated linearly. */
export function readNumbers(given: NumbersGiven): NumbersReader {
  const edges = binEdges(given)
  const counts = edges === undefined ? [] : new Array<number>(edges.length - 1).fill(0)
  const isNumeric = given.type === 'number' || given.type === 'integer'
  const ranks = profileShares.map((share) => {
    const rank = share * (given.count - 1)
    return isNumeric ? rank : Math.floor(rank)
  })
  const below: number[] = []
  const above: number[] = []
  const top: ValueCount[] = []
  // Welford's sums for whole groups of equal values; the mean of shifted values keeps its digits where they are all large.
  const shift = given.count === 0 ? 0 : given.min
  let seen = 0
  let mean = 0
  let squares = 0
  let distinct = 0
  let zeros = 0
  let negatives = 0
  let bin = 0
  let current = Number.NaN
  let weight = 0
  let leastTop = 0
  const topMax = limit('profile.top_max')
  // The places of the next quantile below and above; no row comes after the last.
  const placeOf = (round: (rank: number) => number, index: number) => {
    const rank = ranks[index]
    return rank === undefined ? Number.POSITIVE_INFINITY : round(rank)
  }
  let nextBelow = placeOf(Math.floor, 0)
  let nextAbove = placeOf(Math.ceil, 0)

  const endGroup = () => {
    if (weight === 0) return
    const value = current
    distinct += 1
    const delta = value - shift - mean
    mean += (delta * weight) / (seen + weight)
    squares += delta * (value - shift - mean) * weight
    while (seen + weight > nextBelow) {
      below.push(value)
      nextBelow = placeOf(Math.floor, below.length)
    }
    while (seen + weight > nextAbove) {
      above.push(value)
      nextAbove = placeOf(Math.ceil, above.length)
    }
    if (value === 0) zeros = weight
    if (value < 0) negatives += weight
    if (edges !== undefined) {
      while (bin < counts.length - 1 && value >= (edges[bin + 1] ?? 0)) bin += 1
      counts[bin] = (counts[bin] ?? 0) + weight
    }
    if (top.length < topMax || weight > leastTop) leastTop = keepTop(top, { value, count: weight }, topMax)
    seen += weight
    weight = 0
  }

  return {
    take(values, length, weights) {
      for (let index = 0; index < length; index += 1) {
        const value = values[index] ?? 0
        if (value !== current) {
          endGroup()
          current = value
        }
        weight += weights === undefined ? 1 : (weights[index] ?? 0)
      }
    },
    end() {
      endGroup()
      const quantiles = below.map((low, index) => {
        const high = above[index] ?? low
        const rank = present(ranks[index], 'rank')
        return { low, high, value: high === low ? low : low + (high - low) * (rank - Math.floor(rank)) }
      })
      const variance = seen > 1 ? squares / (seen - 1) : undefined
      return {
        distinct,
        mean: shift + mean,
        std: variance === undefined ? undefined : Math.sqrt(Math.max(0, variance)),
        quantiles,
        histogram: edges === undefined ? undefined : { edges, counts },
        top,
        zeros,
        negatives,
      }
    },
  }
}

/**
 * Takes a value among the most frequent ones and gives the count of the last of them. Values come in ascending order, so among equally
 * frequent ones the smaller was there first and stays first.
 */
function keepTop(top: ValueCount[], added: ValueCount, most: number): number {
  let place = top.length
  while (place > 0 && (top[place - 1]?.count ?? 0) < added.count) place -= 1
  top.splice(place, 0, added)
  if (top.length > most) top.pop()
  return top.at(-1)?.count ?? 0
}

interface ValueCount {
  readonly value: number
  readonly count: number
}

/** A value of a column as the profile tells it: a number, a day or a moment in UTC as text. */
export function shownValue(type: ColumnType, value: number): Json {
  if (type === 'date') return new Date(Math.round(value / 1000)).toISOString().slice(0, 10)
  if (type === 'timestamp') return momentText(value)
  return value
}

/** ISO 8601 to the microsecond; years beyond those of Date as the number. */
function momentText(microseconds: number): Json {
  const milliseconds = Math.floor(microseconds / 1000)
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) return microseconds
  const rest = Math.round(microseconds - milliseconds * 1000)
  const text = date.toISOString()
  return rest === 0 ? text : text.replace('Z', `${String(rest).padStart(3, '0')}Z`)
}

/** The figures of numbers and moments in the form of the profile. */
export function describeNumbers(
  type: ColumnType,
  found: NumbersFound,
): Pick<ColumnProfile, 'mean' | 'std' | 'quantiles' | 'histogram' | 'zeros' | 'negatives'> {
  const isNumeric = type === 'number' || type === 'integer'
  const quantiles = found.quantiles.map(({ value, low, high }, index) => ({
    q: profileShares[index] ?? 0,
    value: shownValue(type, value),
    ...(isNumeric && low !== high ? { low, high } : {}),
  }))
  return {
    ...(isNumeric && Number.isFinite(found.mean) ? { mean: found.mean } : {}),
    ...(isNumeric && found.std !== undefined && Number.isFinite(found.std) ? { std: found.std } : {}),
    quantiles,
    ...(found.histogram === undefined
      ? {}
      : {
          histogram: {
            edges: found.histogram.edges.map((edge) => shownValue(type, edge)),
            counts: [...found.histogram.counts],
          },
        }),
    ...(isNumeric ? { zeros: found.zeros, negatives: found.negatives } : {}),
  }
}
