import { float64At } from '../data/element.js'
import { countBetween } from './binned-shares.js'
import type { ColumnPair } from './model.js'
import { quantileOf } from './moment-tests.js'
import { pairCategories } from './samples.js'

/** Both sides of a column on shared bins, small enough for a page. Shares of rows with a value. */
export type SharedDistribution =
  | {
      readonly kind: 'numbers'
      readonly edges: readonly number[]
      readonly reference: readonly number[]
      readonly current: readonly number[]
    }
  | {
      readonly kind: 'labels'
      readonly labels: readonly string[]
      readonly reference: readonly number[]
      readonly current: readonly number[]
      readonly others: number
    }

const binCount = 24
const labelsMax = 10

/** A thousandth of the rows on each end may lie beyond the drawn range: they count in the bins at the ends. */
const endShare = 0.001

/** What is drawn of a column; undefined of texts, and where a side has no values. */
export function sharedDistribution(pair: ColumnPair): SharedDistribution | undefined {
  if (pair.kind === 'text') return undefined
  if (pair.kind === 'cat') return labelShares(pair)
  const [a, b] = [pair.reference.sorted, pair.current.sorted]
  if (a.length === 0 || b.length === 0) return undefined
  const low = Math.min(quantileOf(a, endShare), quantileOf(b, endShare))
  const high = Math.max(quantileOf(a, 1 - endShare), quantileOf(b, 1 - endShare))
  const [first, last] = low < high ? [low, high] : [low - 0.5, high + 0.5]
  if (!Number.isFinite(last - first)) return undefined
  const edges = Float64Array.from({ length: binCount + 1 }, (_, k) => first + ((last - first) * k) / binCount)
  const open = edges.slice()
  open[0] = -Infinity
  const shares = (sorted: Float64Array) => [...countBetween(sorted, open)].map((count) => count / sorted.length)
  return { kind: 'numbers', edges: [...edges], reference: shares(a), current: shares(b) }
}

function labelShares(pair: Extract<ColumnPair, { kind: 'cat' }>): SharedDistribution | undefined {
  const { labels, reference, current } = pairCategories(pair.reference, pair.current)
  const [n, m] = [reference, current].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [number, number]
  if (n === 0 || m === 0) return undefined
  const share = (k: number) => float64At(reference, k) / n + float64At(current, k) / m
  const order = labels.map((_, k) => k).sort((i, j) => share(j) - share(i))
  const [shown, rest] = [order.slice(0, labelsMax), order.slice(labelsMax)]
  const sum = (counts: Float64Array, total: number) => rest.reduce((all, k) => all + float64At(counts, k), 0) / total
  const tail = (value: number) => (rest.length === 0 ? [] : [value])
  return {
    kind: 'labels',
    labels: shown.map((k) => labels[k] ?? ''),
    reference: [...shown.map((k) => float64At(reference, k) / n), ...tail(sum(reference, n))],
    current: [...shown.map((k) => float64At(current, k) / m), ...tail(sum(current, m))],
    others: rest.length,
  }
}
