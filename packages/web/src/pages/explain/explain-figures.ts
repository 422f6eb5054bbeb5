import type { Explanation, RowExplanation } from '@fabrique/contract'

export type Contributions = Explanation['contributions'][number]
export type Dependence = Explanation['dependence'][number]
export type Fairness = Explanation['fairness'][number]
export type RowOutput = RowExplanation['outputs'][number]
export type Value = RowOutput['contributions'][number]['value']
export type OutputKind = RowOutput['output']

/** One bar of a waterfall, from where the columns before it came to, to where it takes the answer. */
export interface Step {
  readonly column: string
  readonly value: Value
  readonly contribution: number
  readonly standardError: number | undefined
  readonly from: number
  readonly to: number
}

export interface Waterfall {
  readonly steps: readonly Step[]
  /** The smaller ones together; undefined where all are shown. */
  readonly rest: { readonly count: number; readonly contribution: number; readonly from: number } | undefined
  /** Smallest and greatest place that a bar touches. */
  readonly low: number
  readonly high: number
}

/** The way from the mean answer to one answer: the greatest contributions first, the others together. */
export function waterfallOf({ base, contributions }: RowOutput, shownMax: number): Waterfall {
  const sorted = contributions.toSorted((first, second) => Math.abs(second.contribution) - Math.abs(first.contribution))
  let at = base
  const steps = sorted.slice(0, shownMax).map((each): Step => {
    const from = at
    at += each.contribution
    return {
      column: each.column,
      value: each.value,
      contribution: each.contribution,
      standardError: each.standard_error,
      from,
      to: at,
    }
  })
  const others = sorted.slice(shownMax)
  const contribution = others.reduce((sum, each) => sum + each.contribution, 0)
  const places = [base, at + contribution, ...steps.map(({ to }) => to)]
  return {
    steps,
    rest: others.length === 0 ? undefined : { count: others.length, contribution, from: at },
    low: Math.min(...places),
    high: Math.max(...places),
  }
}

const noise = 1e-12

/** Row `row` of a table of contributions, in the form of a single explanation. */
export function rowOutput(table: Contributions, row: number): RowOutput {
  const contributions = table.columns.map(({ column, values, contributions: all }) => ({
    column,
    value: values[row] ?? null,
    contribution: all[row] ?? 0,
  }))
  const sum = contributions.reduce((before, { contribution }) => before + contribution, table.base)
  const size = contributions.reduce((before, { contribution }) => before + Math.abs(contribution), Math.abs(table.base))
  // What is left of adding up is no answer.
  const value = Math.abs(sum) < size * noise ? 0 : sum
  return {
    ...(table.class === undefined ? {} : { class: table.class }),
    output: table.output,
    base: table.base,
    value,
    contributions,
  }
}

/** The answer to each row: base plus contributions. */
export function answersOf({ base, columns }: Contributions): readonly number[] {
  const rows = columns[0]?.contributions.length ?? 0
  return Array.from({ length: rows }, (_, row) =>
    columns.reduce((sum, { contributions }) => sum + (contributions[row] ?? 0), base),
  )
}

/** The rows with the highest, the lowest and the middle answer. */
export function notableRows(answers: readonly number[]): {
  readonly highest: number
  readonly lowest: number
  readonly middle: number
} {
  const order = answers.map((_, row) => row).sort((first, second) => (answers[first] ?? 0) - (answers[second] ?? 0))
  return { lowest: order[0] ?? 0, highest: order.at(-1) ?? 0, middle: order[Math.floor((order.length - 1) / 2)] ?? 0 }
}

export type Direction = 'raises' | 'lowers' | 'mixed' | 'none'
/** Correlations nearer to 0 than this say nothing about a direction. */
const correlationLeast = 0.3

/** Whether higher values raise the answer or lower it, by the correlation of values and contributions. */
export function directionOf(values: readonly Value[], contributions: readonly number[]): Direction {
  const pairs = values.flatMap((value, row): readonly (readonly [number, number])[] => {
    const number = orderOf(value)
    return number === undefined ? [] : [[number, contributions[row] ?? 0]]
  })
  // Missing values have no place among the others; texts have none at all.
  if (pairs.length < 2 || values.some((value) => typeof value === 'string')) return 'none'
  const mean = (at: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length
  const [meanX, meanY] = [mean(0), mean(1)]
  let [xy, xx, yy] = [0, 0, 0]
  for (const [x, y] of pairs) {
    xy += (x - meanX) * (y - meanY)
    xx += (x - meanX) ** 2
    yy += (y - meanY) ** 2
  }
  if (xx === 0 || yy === 0) return 'mixed'
  const correlation = xy / Math.sqrt(xx * yy)
  if (correlation >= correlationLeast) return 'raises'
  return correlation <= -correlationLeast ? 'lowers' : 'mixed'
}

/** A value among others of its column; undefined where it has no order. */
function orderOf(value: Value): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Shades from low to high values; dots of values without an order have one of their own. */
export const shades = 5

/** The shade of each value by its rank in the column, from 0 to `shades - 1`; undefined where it has no order. */
export function shadesOf(values: readonly Value[]): readonly (number | undefined)[] {
  const hasTexts = values.some((value) => typeof value === 'string')
  const numbers = values.map((value) => (hasTexts ? undefined : orderOf(value)))
  const distinct = [...new Set(numbers.filter((number) => number !== undefined))].sort((a, b) => a - b)
  const rank = new Map(distinct.map((number, at) => [number, at]))
  const last = Math.max(distinct.length - 1, 1)
  return numbers.map((number) =>
    number === undefined ? undefined : Math.min(shades - 1, Math.floor(((rank.get(number) ?? 0) / last) * shades)),
  )
}

/**
 * How far each dot of a strip lies from its middle line, from -1 to 1: dots that would lie on each other are spread,
 * and a strip is as thick where there are many rows.
 */
export function spreadOf(places: readonly number[], bins: number): readonly number[] {
  const counts = new Map<number, number>()
  const low = Math.min(...places)
  const width = (Math.max(...places) - low) / bins || 1
  const at = places.map((place) => {
    const bin = Math.min(bins - 1, Math.floor((place - low) / width))
    const before = counts.get(bin) ?? 0
    counts.set(bin, before + 1)
    return { bin, before }
  })
  const most = Math.max(...counts.values(), 1)
  return at.map(({ before }) => {
    // 0, +1, -1, +2, -2, …, so that each bin grows from the middle.
    const step = before % 2 === 0 ? -(before / 2) : (before + 1) / 2
    return (step * 2) / most
  })
}

/** The share below which groups are told apart by the four-fifths rule. */
export const fourFifths = 0.8

/** The groups with the lowest and the highest share of favoured answers, and the first by the second. */
export function selectionRange({
  groups,
}: Fairness): { readonly low: string; readonly high: string; readonly ratio: number } | undefined {
  const known = groups.flatMap(({ group, selection_rate: rate }) => (rate === null ? [] : [{ group, rate }]))
  const sorted = known.sort((first, second) => first.rate - second.rate)
  const [lowest, highest] = [sorted[0], sorted.at(-1)]
  if (lowest === undefined || highest === undefined || known.length < 2 || highest.rate === 0) return undefined
  return { low: lowest.group, high: highest.group, ratio: lowest.rate / highest.rate }
}

export const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds))

/** The quantile of sorted numbers, between neighbours where it falls between them. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0]
  return below + (above - below) * (place - Math.floor(place))
}
