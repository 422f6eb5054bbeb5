import { boolArray, float8Array, int4Array, int8Array, nullableFloat8Array } from './metric-arrays.js'
import type { MetricPoint } from './schema.js'

/** Points to write to one run. */
export interface MetricWrite {
  readonly run_id: string
  readonly metrics: readonly MetricPoint[]
}

/** The arguments of the function `write_metrics` of the database: texts as array literals, numbers as arrays in binary form. */
export interface MetricColumns {
  readonly values: readonly (string | Buffer)[]
  readonly runs: readonly string[]
}

/** Points of a series in one call that are worth a chunk. Fewer are rows: a chunk of one takes three times the room of a row. */
const chunkPointsMin = 32

/** The infinities are stored as the largest doubles, as MLflow stores them; NaN counts as 0 where values are compared. */
export function storedValue(value: number): number {
  if (Number.isNaN(value)) return 0
  return clamped(value)
}

/** NaN stays NaN. */
function clamped(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

/** Order of points: by step, time and value, where NaN counts as 0 and stands before a true 0. */
function comparePoints(left: MetricPoint, right: MetricPoint): number {
  if (left.step !== right.step) return left.step < right.step ? -1 : 1
  if (left.timestamp !== right.timestamp) return left.timestamp < right.timestamp ? -1 : 1
  const [before, after] = [storedValue(left.value), storedValue(right.value)]
  if (before !== after) return before < after ? -1 : 1
  return Number(Number.isNaN(right.value)) - Number(Number.isNaN(left.value))
}

interface OrderedPoints {
  readonly points: readonly MetricPoint[]
  /** Whether they may be a chunk: all differ in (step, time), and neither falls from one to the next. */
  readonly mayChunk: boolean
}

/** The points in order, each once. Those of a program that logs step by step are in order as they come. */
function ordered(sent: MetricPoint[]): OrderedPoints {
  let points: readonly MetricPoint[] = sent
  if (!isOrdered(sent)) {
    points = sent.sort(comparePoints).filter((point, index) => {
      const before = sent[index - 1]
      return before === undefined || comparePoints(before, point) !== 0
    })
  }
  return { points, mayChunk: points.length >= chunkPointsMin && risesInTime(points) }
}

function isOrdered(points: readonly MetricPoint[]): boolean {
  let before: MetricPoint | undefined
  for (const point of points) {
    if (before !== undefined && before.step >= point.step && comparePoints(before, point) >= 0) return false
    before = point
  }
  return true
}

/** Of points in order: true when the time never falls, and rises where the step stays. */
function risesInTime(points: readonly MetricPoint[]): boolean {
  let before: MetricPoint | undefined
  for (const point of points) {
    if (before !== undefined) {
      if (point.timestamp < before.timestamp) return false
      if (point.timestamp === before.timestamp && point.step === before.step) return false
    }
    before = point
  }
  return true
}

/** The distance from each step to the next where it is always the same; else 0. */
function strideOf(points: readonly MetricPoint[]): number {
  const [first, second, last] = [points[0]?.step ?? 0, points[1]?.step ?? 0, points.at(-1)?.step ?? 0]
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return 0
  const stride = second - first
  return stride > 0 && points.every(({ step }, index) => step === first + index * stride) ? stride : 0
}

const textOrder = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)

/** The entries of a map by key: one order for every writer, so that none waits for another in a circle. */
function sortedEntries<Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] {
  return map.size === 1 ? [...map] : [...map].sort(([left], [right]) => textOrder(left, right))
}

function bySeries(writes: readonly MetricWrite[]): ReadonlyMap<string, ReadonlyMap<string, MetricPoint[]>> {
  const runs = new Map<string, Map<string, MetricPoint[]>>()
  for (const { run_id, metrics } of writes) {
    const keys = runs.get(run_id) ?? new Map<string, MetricPoint[]>()
    runs.set(run_id, keys)
    // Points of one key often come one after the other.
    let current: { readonly key: string; readonly points: MetricPoint[] } | undefined
    for (const point of metrics) {
      if (current?.key !== point.key) {
        const points = keys.get(point.key) ?? []
        if (points.length === 0) keys.set(point.key, points)
        current = { key: point.key, points }
      }
      current.points.push(point)
    }
  }
  return runs
}

function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

/** Sum of doubles where an overflow is the largest double, as the function of this name in the database. */
function clampedSum(sum: number, value: number): number {
  return clamped(sum + value)
}

interface Series extends OrderedPoints {
  /** The number of its run, from 1. */
  readonly run: number
  readonly key: string
  readonly first: MetricPoint
  readonly last: MetricPoint
}

interface Figures {
  nanCount: number
  /** NaN where there are no numbers. */
  min: number
  max: number
  sum: number
}

function figuresOf(points: readonly MetricPoint[]): Figures {
  const figures = { nanCount: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0 }
  for (const { value: sent } of points) {
    if (Number.isNaN(sent)) {
      figures.nanCount += 1
      continue
    }
    const value = clamped(sent)
    if (value < figures.min) figures.min = value
    if (value > figures.max) figures.max = value
    figures.sum = clampedSum(figures.sum, value)
  }
  return figures.nanCount < points.length ? figures : { ...figures, min: Number.NaN, max: Number.NaN }
}

/** The points of all series, column by column. */
function pointArrays(series: readonly Series[]): readonly Buffer[] {
  const total = series.reduce((sum, { points }) => sum + points.length, 0)
  const places = new Int32Array(total)
  const [steps, times, values] = [new Float64Array(total), new Float64Array(total), new Float64Array(total)]
  let at = 0
  for (const [index, { points }] of series.entries()) {
    for (const point of points) {
      places[at] = index + 1
      steps[at] = point.step
      times[at] = point.timestamp
      values[at] = clamped(point.value)
      at += 1
    }
  }
  return [int4Array(places), int8Array(steps), int8Array(times), float8Array(values)]
}

/** Sorts the points of some writes by series, drops equal ones, and sums them up. */
export function metricColumns(writes: readonly MetricWrite[]): MetricColumns {
  const runs = sortedEntries(bySeries(writes))
  const series: Series[] = []
  for (const [runIndex, [, ofRun]] of runs.entries()) {
    for (const [key, sent] of sortedEntries(ofRun)) {
      const found = ordered(sent)
      const [first, last] = [found.points[0], found.points.at(-1)]
      if (first !== undefined && last !== undefined) series.push({ ...found, run: runIndex + 1, key, first, last })
    }
  }
  const figures = series.map(({ points }) => figuresOf(points))
  let start = 1
  const starts = series.map(({ points }) => {
    start += points.length
    return start - points.length
  })
  const runIds = runs.map(([id]) => id)
  const values = [
    textArray(runIds),
    int4Array(series.map(({ run }) => run)),
    textArray(series.map(({ key }) => key)),
    int8Array(series.map(({ first }) => first.step)),
    int8Array(series.map(({ first }) => first.timestamp)),
    int8Array(series.map(({ last }) => last.step)),
    int8Array(series.map(({ last }) => last.timestamp)),
    float8Array(series.map(({ last }) => storedValue(last.value))),
    boolArray(series.map(({ last }) => Number.isNaN(last.value))),
    int8Array(series.map(({ points }) => points.length)),
    int8Array(figures.map(({ nanCount }) => nanCount)),
    nullableFloat8Array(figures.map(({ min }) => min)),
    nullableFloat8Array(figures.map(({ max }) => max)),
    float8Array(figures.map(({ sum }) => sum)),
    boolArray(series.map(({ mayChunk }) => mayChunk)),
    int8Array(series.map(({ points, mayChunk }) => (mayChunk ? strideOf(points) : 0))),
    int4Array(starts),
    ...pointArrays(series),
  ]
  return { runs: runIds, values }
}
