import type { MetricPoint } from './schema.js'

/** Points to write to one run. */
export interface MetricWrite {
  readonly run_id: string
  readonly metrics: readonly MetricPoint[]
}

/** The arguments of the function `write_metrics` of the database, as the literals of its arrays. */
export interface MetricColumns {
  readonly values: readonly string[]
  readonly runs: readonly string[]
}

/** NaN is stored as 0 with a mark, and the infinities as the largest doubles, as MLflow stores them. */
export function storedValue(value: number): number {
  if (Number.isNaN(value)) return 0
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

/** The points in order, each once. Those of a program that logs step by step are in order as they come. */
function ordered(points: MetricPoint[]): readonly MetricPoint[] {
  const isOrdered = points.every((point, index) => {
    const before = points[index - 1]
    return before === undefined || comparePoints(before, point) < 0
  })
  if (isOrdered) return points
  return points.sort(comparePoints).filter((point, index) => {
    const before = points[index - 1]
    return before === undefined || comparePoints(before, point) !== 0
  })
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
    for (const point of metrics) {
      const points = keys.get(point.key)
      if (points === undefined) keys.set(point.key, [point])
      else points.push(point)
    }
  }
  return runs
}

/** An int8: whole doubles beyond 2^53 are written with all their digits, else -2^63 would be out of range. */
const int8 = (value: number): number | bigint => (Number.isSafeInteger(value) ? value : BigInt(value))

function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

const array = (values: readonly unknown[]) => `{${values.join(',')}}`

/** The literals of rows with the same number of columns, column by column. */
class Columns {
  readonly #columns: unknown[][]

  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => [])
  }

  add(...row: readonly unknown[]): void {
    for (let index = 0; index < row.length; index += 1) this.#columns[index]?.push(row[index])
  }

  literals(): readonly string[] {
    return this.#columns.map(array)
  }
}

/** Sum of doubles where an overflow is the largest double, as the function of this name in the database. */
function clampedSum(sum: number, value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum + value))
}

/** Sorts the points of some writes by series, drops equal ones, and sums them up. */
export function metricColumns(writes: readonly MetricWrite[]): MetricColumns {
  const runs = sortedEntries(bySeries(writes))
  const keys: string[] = []
  const series = new Columns(12)
  const places: number[] = []
  const steps: (number | bigint)[] = []
  const times: (number | bigint)[] = []
  const values: number[] = []
  const nans: boolean[] = []
  for (const [runIndex, [, ofRun]] of runs.entries()) {
    for (const [key, unordered] of sortedEntries(ofRun)) {
      const points = ordered(unordered)
      const [first, last] = [points[0], points.at(-1)]
      if (first === undefined || last === undefined) continue
      keys.push(key)
      let nanCount = 0
      let min = Number.POSITIVE_INFINITY
      let max = Number.NEGATIVE_INFINITY
      let sum = 0
      for (const point of points) {
        const isNan = Number.isNaN(point.value)
        const value = storedValue(point.value)
        if (isNan) nanCount += 1
        else {
          if (value < min) min = value
          if (value > max) max = value
          sum = clampedSum(sum, value)
        }
        places.push(keys.length)
        steps.push(int8(point.step))
        times.push(int8(point.timestamp))
        values.push(value)
        nans.push(isNan)
      }
      const hasNumbers = nanCount < points.length
      series.add(
        runIndex + 1,
        int8(first.step),
        int8(first.timestamp),
        int8(last.step),
        int8(last.timestamp),
        storedValue(last.value),
        Number.isNaN(last.value),
        points.length,
        nanCount,
        hasNumbers ? min : 'null',
        hasNumbers ? max : 'null',
        sum,
      )
    }
  }
  const runIds = runs.map(([id]) => id)
  const [runIndexes = '{}', ...figures] = series.literals()
  const literals = [textArray(runIds), runIndexes, textArray(keys), ...figures]
  return { runs: runIds, values: [...literals, array(places), array(steps), array(times), array(values), array(nans)] }
}
