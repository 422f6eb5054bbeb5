import type { ColumnProfile, Json } from '@fabrique/contract'

/** What a distribution is drawn of: a column of a profile, or a feature. */
export type Spread = Pick<ColumnProfile, 'name' | 'count' | 'histogram' | 'top'>

export interface ShownValue {
  readonly value: Json
  readonly count: number
  /** Of the rows that have a value, from 0 to 1. */
  readonly share: number
}

/** The most frequent values, at most `limit`. */
export function shownTop({ top = [], count }: Spread, limit: number): readonly ShownValue[] {
  return top.slice(0, limit).map((one) => ({ ...one, share: count === 0 ? 0 : one.count / count }))
}

interface Bins {
  readonly edges: readonly number[]
  /** Share of the values in a bin, for each unit of its width. */
  readonly densities: readonly number[]
}

/** A moment or a number on one axis; undefined where it is neither. */
function place(edge: Json): number | undefined {
  if (typeof edge === 'number') return edge
  if (typeof edge !== 'string') return undefined
  const moment = Date.parse(edge)
  return Number.isNaN(moment) ? undefined : moment
}

function binsOf({ histogram }: Spread): Bins | undefined {
  if (histogram === undefined || histogram.counts.length === 0) return undefined
  const edges = histogram.edges.map(place)
  if (edges.some((edge) => edge === undefined || !Number.isFinite(edge))) return undefined
  const known = edges as readonly number[]
  const total = histogram.counts.reduce((sum, count) => sum + count, 0)
  const densities = histogram.counts.map((count, index) => {
    const width = (known[index + 1] ?? 0) - (known[index] ?? 0)
    return total === 0 || width <= 0 ? 0 : count / total / width
  })
  return { edges: known, densities }
}

const height = 40

export interface Densities {
  readonly base: string
  readonly head: string
  /** The ends of the axis; milliseconds since 1970 where it is of time. */
  readonly min: number
  readonly max: number
  readonly isTime: boolean
}

/** The outlines of two histograms in a box of 100 by 40, on the same axes. */
export function densities(base: Spread, head: Spread): Densities | undefined {
  const [left, right] = [binsOf(base), binsOf(head)]
  if (left === undefined || right === undefined) return undefined
  const min = Math.min(left.edges[0] ?? 0, right.edges[0] ?? 0)
  const max = Math.max(left.edges.at(-1) ?? 0, right.edges.at(-1) ?? 0)
  const most = Math.max(...left.densities, ...right.densities)
  if (!(max > min) || most <= 0) return undefined
  const outline = ({ edges, densities: shown }: Bins): string => {
    const x = (edge: number) => ((edge - min) / (max - min)) * 100
    const steps = shown.map((density, index) => {
      const y = (height - (density / most) * height).toFixed(2)
      return `V${y}H${x(edges[index + 1] ?? 0).toFixed(2)}`
    })
    return `M${x(edges[0] ?? 0).toFixed(2)} ${height}${steps.join('')}V${height}Z`
  }
  const isTime = typeof base.histogram?.edges[0] === 'string'
  return { base: outline(left), head: outline(right), min, max, isTime }
}
