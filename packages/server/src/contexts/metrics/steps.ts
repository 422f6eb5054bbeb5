import type { MetricReading } from '@fabrique/contract'
import type { Level } from './model.js'
import { type Frame, gapSecondsMax, increaseOf, type PlacedSeries } from './roll-up.js'

export type Labels = Readonly<Record<string, string>>

/** The steps of a chart: `count` of `seconds` from `from`, in seconds since 1970. */
export interface Steps {
  readonly from: number
  readonly seconds: number
  readonly count: number
}

export interface Line {
  readonly labels: Labels
  readonly values: readonly (number | null)[]
}

export const timesOf = ({ from, seconds, count }: Steps) =>
  Array.from({ length: count }, (_, at) => from + at * seconds)

/** A frame as a chart reads it; of a lead only the next one is of interest. */
export interface ReadFrame extends Frame {
  readonly isLead?: true
}

interface Bin {
  sum: number
  weight: number
  low: number
  high: number
}

/** What one process says of some of its series, step by step. Frames have the values in the order of the series. */
export function readSteps(
  frames: readonly ReadFrame[],
  {
    series,
    steps,
    read,
  }: { readonly series: readonly PlacedSeries[]; readonly steps: Steps; readonly read: MetricReading },
): readonly (readonly (number | null)[])[] {
  const bins = series.map(() => new Array<Bin | undefined>(steps.count))
  let before: Frame | undefined
  for (const frame of frames) {
    const seconds = frame.at.getTime() / 1000
    const at = Math.floor((seconds - steps.from) / steps.seconds)
    const isDrawn = at >= 0 && at < steps.count && frame.isLead !== true
    // A look that came late tells of the steps before it as well.
    const missed = missedBefore(at, before, frame, steps)
    for (const [index, one] of isDrawn ? series.entries() : []) {
      const told = toldBy(frame, before, index, one)
      const line = bins[index]
      if (told === undefined || line === undefined) continue
      const parts = one.kind === 'counter' ? missed + 1 : 1
      for (let earlier = 0; earlier <= missed; earlier += 1) {
        addTo(line, at - earlier, { ...told, sum: told.sum / parts, weight: told.weight / parts })
      }
    }
    before = frame
  }
  return bins.map((line) => Array.from({ length: steps.count }, (_, at) => readingOf(line[at], read)))
}

/** Steps between two fine frames that stand close, in which none of them is. */
function missedBefore(at: number, before: ReadFrame | undefined, { at: now, step_s }: ReadFrame, steps: Steps): number {
  if (before === undefined || step_s !== fine || before.step_s !== fine) return 0
  if (now.getTime() - before.at.getTime() > lateSecondsMax * 1000) return 0
  const last = Math.floor((before.at.getTime() / 1000 - steps.from) / steps.seconds)
  return Math.max(0, at - Math.max(last, -1) - 1)
}

/** A busy process looks so late; later it may have stood still. */
const lateSecondsMax = 20

function addTo(line: (Bin | undefined)[], at: number, told: Bin): void {
  const bin = line[at]
  if (bin === undefined) {
    line[at] = told
    return
  }
  const { sum, weight, low, high } = told
  bin.sum += sum
  bin.weight += weight
  bin.low = Math.min(bin.low, low)
  bin.high = Math.max(bin.high, high)
}

/** Of a gauge the weighted value; of a counter its increase, and the seconds in which it grew. */
function toldBy(frame: Frame, before: Frame | undefined, index: number, { name, kind }: PlacedSeries): Bin | undefined {
  const value = frame.value[index]
  if (value === null || value === undefined) return undefined
  if (kind === 'gauge') {
    // One look is worth a little, though nothing was seen before it.
    const weight = Math.max(frame.seen_s, 1)
    return { sum: value * weight, weight, low: frame.low?.[index] ?? value, high: frame.high?.[index] ?? value }
  }
  if (frame.step_s !== fine) return { sum: value, weight: frame.seen_s, low: value, high: value }
  const since = before?.step_s === fine ? (frame.at.getTime() - before.at.getTime()) / 1000 : undefined
  if (since === undefined || since > gapSecondsMax) return undefined
  const grown = increaseOf(name, before?.value[index], value)
  return grown === undefined ? undefined : { sum: grown, weight: since, low: grown, high: grown }
}

const fine: Level = 5

function readingOf(bin: Bin | undefined, read: MetricReading): number | null {
  if (bin === undefined || bin.weight === 0) return null
  switch (read) {
    case 'increase':
      return bin.sum
    case 'min':
      return bin.low
    case 'max':
      return bin.high
    default:
      return bin.sum / bin.weight
  }
}

export interface Grouping {
  readonly aggregate: 'none' | 'sum' | 'avg' | 'min' | 'max'
  readonly by: readonly string[]
}

/** Puts the lines together that agree in the labels `by`; without an aggregate each stays. */
export function groupLines(lines: readonly Line[], { aggregate, by }: Grouping): readonly Line[] {
  if (aggregate === 'none') return lines
  return groupsOf(lines, (labels) => picked(labels, by)).map(([labels, group]) => ({
    labels,
    values: (group[0]?.values ?? []).map((_, at) =>
      together(
        group.flatMap(({ values }) => values[at] ?? []),
        aggregate,
      ),
    ),
  }))
}

function together(values: readonly number[], aggregate: Exclude<Grouping['aggregate'], 'none'>): number | null {
  if (values.length === 0) return null
  const sum = values.reduce((total, value) => total + value, 0)
  switch (aggregate) {
    case 'sum':
      return sum
    case 'avg':
      return sum / values.length
    case 'min':
      return Math.min(...values)
    case 'max':
      return Math.max(...values)
  }
}

const picked = (labels: Labels, names: readonly string[]): Labels =>
  Object.fromEntries(names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])))

function groupsOf(lines: readonly Line[], keyOf: (labels: Labels) => Labels): readonly (readonly [Labels, Line[]])[] {
  const groups = new Map<string, [Labels, Line[]]>()
  for (const line of lines) {
    const labels = keyOf(line.labels)
    const key = JSON.stringify(labels)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [labels, [line]])
    else known[1].push(line)
  }
  return [...groups.values()]
}

/** A quantile of the buckets of each histogram, as Prometheus estimates it: evenly spread within a bucket. */
export function quantileLines(
  buckets: readonly Line[],
  quantile: number,
  { aggregate, by }: Grouping,
): readonly Line[] {
  const keyOf = ({ le: _, ...labels }: Labels) => (aggregate === 'none' ? labels : picked(labels, by))
  return groupsOf(buckets, keyOf).map(([labels, group]) => {
    const sums = groupLines(group, { aggregate: 'sum', by: ['le'] })
      .map((line) => ({ ...line, bound: boundOf(line.labels) }))
      .sort((left, right) => left.bound - right.bound)
    const count = sums[0]?.values.length ?? 0
    const values = Array.from({ length: count }, (_, at) =>
      quantileOf(
        quantile,
        sums.flatMap(({ bound, values }) => {
          const value = values[at]
          return value === null || value === undefined ? [] : [{ bound, value }]
        }),
      ),
    )
    return { labels, values }
  })
}

const boundOf = ({ le = '' }: Labels) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le))

/** `buckets` are cumulative, in order. Null where nothing was counted. */
export function quantileOf(
  quantile: number,
  buckets: readonly { readonly bound: number; readonly value: number }[],
): number | null {
  const total = buckets.at(-1)
  if (total === undefined || total.bound !== Number.POSITIVE_INFINITY || buckets.length < 2 || total.value === 0)
    return null
  const rank = quantile * total.value
  const found = buckets.findIndex(({ value }) => value >= rank)
  const at = found < 0 ? buckets.length - 1 : found
  const bucket = buckets[at]
  const lower = buckets[at - 1]
  // Beyond the last bound nothing is known but that bound.
  if (bucket === undefined || bucket.bound === Number.POSITIVE_INFINITY) return lower?.bound ?? null
  if (lower === undefined && bucket.bound <= 0) return bucket.bound
  const [start, below] = [lower?.bound ?? 0, lower?.value ?? 0]
  const inside = bucket.value - below
  return inside === 0 ? start : start + (bucket.bound - start) * ((rank - below) / inside)
}
