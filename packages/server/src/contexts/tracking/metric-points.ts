import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { arrayLength, readFloat8Array, readInt8Array } from './metric-arrays.js'

/** How points are ordered: by time as the protocol has them, or by step as charts have them. */
export type PointOrder = 'time' | 'step'

/** Points by column. NaN stands in the values. */
export interface Points {
  readonly steps: Float64Array
  readonly timestamps: Float64Array
  readonly values: Float64Array
}

/** The steps to look at; both ends are inside. */
export interface StepRange {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

const int8Max = '9223372036854775807'
const int8Min = '-9223372036854775808'

/** An end of a range as int8; a number beyond its range is the nearest in it. */
function bound(value: number | undefined, round: (value: number) => number, otherwise: string): string {
  if (value === undefined) return otherwise
  if (value >= 2 ** 63) return int8Max
  return value < -(2 ** 63) ? int8Min : BigInt(round(value)).toString()
}

/** The ends of a range as int8. */
export function rangeEnds({ min, max }: StepRange): {
  readonly least: RawBuilder<string>
  readonly most: RawBuilder<string>
} {
  return {
    least: sql`${bound(min, Math.ceil, int8Min)}::bigint`,
    most: sql`${bound(max, Math.floor, int8Max)}::bigint`,
  }
}

/** Condition on the rows `m` of `metrics` or of the view `metric_points`. */
export function inRange(range: StepRange): RawBuilder<boolean> {
  if (range.min === undefined && range.max === undefined) return sql`true`
  const { least, most } = rangeEnds(range)
  return sql`m.step between ${least} and ${most}`
}

/** Points as the database sends them: an array for each column, in binary form. Null where there are none. */
export interface SentPoints {
  /** Of a chunk whose steps have one distance (the stride) there is only that and the first. */
  readonly steps: Buffer | null
  readonly first_step: number | null
  readonly stride: number | null
  readonly times: Buffer | null
  readonly point_values: Buffer | null
}

/** The columns of rows `p` of points, in the order of the rows. */
export const sentRows = sql`array_send(array_agg(p.step)) as steps, null::bigint as first_step, null::bigint as stride,
  array_send(array_agg(p.timestamp_ms)) as times,
  array_send(array_agg(case when p.is_nan then 'NaN' else p.value end)) as point_values`

/** The columns of a chunk `c`. */
export const sentChunk = sql`array_send(c.steps) as steps, c.first_step, c.stride, array_send(c.times) as times, array_send(c.point_values) as point_values`

/** All points of some rows, one after the other. */
export function joinSent(sent: readonly SentPoints[]): Points {
  const total = sent.reduce((sum, { times }) => sum + (times === null ? 0 : arrayLength(times)), 0)
  const points = emptyPoints(total)
  let at = 0
  for (const { steps, first_step, stride, times, point_values } of sent) {
    if (times === null || point_values === null) continue
    const length = arrayLength(times)
    if (steps !== null) readInt8Array(steps, points.steps, at)
    else {
      for (let index = 0; index < length; index += 1)
        points.steps[at + index] = (first_step ?? 0) + index * (stride ?? 0)
    }
    readInt8Array(times, points.timestamps, at)
    readFloat8Array(point_values, points.values, at)
    at += length
  }
  return points
}

function emptyPoints(length: number): Points {
  return {
    steps: new Float64Array(length),
    timestamps: new Float64Array(length),
    values: new Float64Array(length),
  }
}

/** The points from one place up to another, which is not among them; without a copy. */
export function slicePoints({ steps, timestamps, values }: Points, from: number, to: number): Points {
  return {
    steps: steps.subarray(from, to),
    timestamps: timestamps.subarray(from, to),
    values: values.subarray(from, to),
  }
}

/** Where reading goes on: time, step, value and the mark of NaN of the last point that was read. */
export type PointPosition = readonly [timestamp: string, step: string, value: string, isNan: string]

/** An int8 as the database writes it: with all digits, also beyond 2^53. */
export const int8Text = (value: number): string =>
  Number.isSafeInteger(value) ? String(value) : BigInt(value).toString()

/** The position of the last point; undefined where there is none. */
export function lastPosition({ steps, timestamps, values }: Points): PointPosition | undefined {
  const [step, timestamp, value] = [steps.at(-1), timestamps.at(-1), values.at(-1)]
  if (step === undefined || timestamp === undefined || value === undefined) return undefined
  const isNan = Number.isNaN(value)
  return [int8Text(timestamp), int8Text(step), isNan ? '0' : String(value), String(isNan)]
}

/** The columns that points are compared by, the first two in the order that is asked for; NaN counts as 0, and comes after it. */
type Keys = readonly [first: Float64Array, second: Float64Array, values: Float64Array]

function keysOf({ steps, timestamps, values }: Points, order: PointOrder): Keys {
  return order === 'time' ? [timestamps, steps, values] : [steps, timestamps, values]
}

function compareAt(left: Keys, leftAt: number, right: Keys, rightAt: number): number {
  const first = (left[0][leftAt] ?? 0) - (right[0][rightAt] ?? 0)
  if (first !== 0) return first
  const second = (left[1][leftAt] ?? 0) - (right[1][rightAt] ?? 0)
  if (second !== 0) return second
  const [before, after] = [left[2][leftAt] ?? 0, right[2][rightAt] ?? 0]
  const [beforeNan, afterNan] = [Number.isNaN(before), Number.isNaN(after)]
  const [beforeNumber, afterNumber] = [beforeNan ? 0 : before, afterNan ? 0 : after]
  if (beforeNumber !== afterNumber) return beforeNumber < afterNumber ? -1 : 1
  return Number(beforeNan) - Number(afterNan)
}

/** Two lists of points in order as one. */
function mergePoints(left: Points, right: Points, order: PointOrder): Points {
  if (right.steps.length === 0) return left
  if (left.steps.length === 0) return right
  const [leftKeys, rightKeys] = [keysOf(left, order), keysOf(right, order)]
  const total = left.steps.length + right.steps.length
  const merged = emptyPoints(total)
  for (let at = 0, leftAt = 0, rightAt = 0; at < total; at += 1) {
    const takesLeft =
      rightAt >= right.steps.length ||
      (leftAt < left.steps.length && compareAt(leftKeys, leftAt, rightKeys, rightAt) <= 0)
    const [from, place] = takesLeft ? [left, leftAt] : [right, rightAt]
    merged.steps[at] = from.steps[place] ?? 0
    merged.timestamps[at] = from.timestamps[place] ?? 0
    merged.values[at] = from.values[place] ?? 0
    if (takesLeft) leftAt += 1
    else rightAt += 1
  }
  return merged
}

/** The place of the first of some points in order that `isAfter` holds for; it holds for all after one that it holds for. */
function firstPlace(length: number, isAfter: (place: number) => boolean): number {
  let [from, to] = [0, length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (isAfter(middle)) to = middle
    else from = middle + 1
  }
  return from
}

/** Of points in both orders, as those of chunks are, the ones after a position and in a range. */
function pickPoints(
  points: Points,
  { order, after, range }: { order: PointOrder; after?: PointPosition | undefined; range: StepRange },
): Points {
  const { length } = points.steps
  const stepAt = (place: number) => points.steps[place] ?? 0
  const { min, max } = range
  let from = min === undefined ? 0 : firstPlace(length, (place) => stepAt(place) >= min)
  const to = max === undefined ? length : firstPlace(length, (place) => stepAt(place) > max)
  if (after !== undefined) {
    const [timestamp, step, value, isNan] = after
    const position = keysOf(
      {
        timestamps: Float64Array.of(Number(timestamp)),
        steps: Float64Array.of(Number(step)),
        values: Float64Array.of(isNan === 'true' ? Number.NaN : Number(value)),
      },
      order,
    )
    const keys = keysOf(points, order)
    from = Math.max(
      from,
      firstPlace(length, (place) => compareAt(keys, place, position, 0) > 0),
    )
  }
  return slicePoints(points, from, Math.max(from, to))
}

/** Chunks with their places, and rows without one: those of one series, each kind whole. */
export interface PlacedPoints extends SentPoints {
  readonly place: number | null
}

/** The points of a series after a position and in a range, of what was read of it; its rows are only those. */
export function joinRows(
  sent: readonly PlacedPoints[],
  wanted: { readonly order: PointOrder; readonly after?: PointPosition | undefined; readonly range: StepRange },
): Points {
  const chunks: PlacedPoints[] = []
  const rows: PlacedPoints[] = []
  for (const one of sent) (one.place === null ? rows : chunks).push(one)
  // A sort of the database would copy the points.
  chunks.sort((left, right) => Number(left.place) - Number(right.place))
  return mergePoints(pickPoints(joinSent(chunks), wanted), joinSent(rows), wanted.order)
}

export interface PointPageRequest {
  readonly runId: string
  readonly key: string
  readonly order: PointOrder
  readonly count: number
  readonly after?: PointPosition | undefined
  readonly offset?: number | undefined
  readonly range?: StepRange | undefined
}

/**
 * The next points of a series. Reading goes on after a point, not at a place: points that are added meanwhile shift nothing.
 */
export async function readPoints(ctx: VerbContext, page: PointPageRequest): Promise<Points> {
  const columns =
    page.order === 'time'
      ? sql`m.timestamp_ms, m.step, m.value, m.is_nan`
      : sql`m.step, m.timestamp_ms, m.value, m.is_nan`
  const series = sql`(select id from metric_series where run_id = ${page.runId} and key = ${page.key})`
  const range = page.range ?? {}
  const ordered = (table: RawBuilder<unknown>) => sql`
    select ${sentRows} from (
      select m.* from ${table} m
      where m.series_id = ${series} and ${afterPoint(page, columns)} and ${inRange(range)}
      order by ${columns} limit ${page.count} offset ${page.offset ?? 0}
    ) p`
  if (page.offset !== undefined && page.offset > 0) {
    return joinSent((await sql<SentPoints>`${ordered(sql`metric_points`)}`.execute(ctx.db)).rows)
  }
  const { rows } = await sql<PlacedPoints>`
    with chunks as (${chunksOfPage(page, series)})
    select c.place, ${sentChunk} from chunks c
    union all select null, r.* from (${ordered(sql`metrics`)}) r
  `.execute(ctx.db)
  return slicePoints(joinRows(rows, { ...page, range }), 0, page.count)
}

/** The chunks that can hold the next points: those from the first that ends at or after the start, with enough points. */
function chunksOfPage(
  { order, after, range = {}, count }: PointPageRequest,
  series: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const ends = order === 'time' ? sql`o.last_ms, o.last_step` : sql`o.last_step, o.last_ms`
  const conditions = [sql`o.series_id = ${series}`]
  if (after !== undefined) {
    const [first, second] = order === 'time' ? after : [after[1], after[0]]
    conditions.push(sql`(${ends}) >= (${first}::bigint, ${second}::bigint)`)
  }
  const { least, most } = rangeEnds(range)
  if (range.min !== undefined) conditions.push(sql`o.last_step >= ${least}`)
  // Of the first chunk some points may come before the start.
  const isWhole = after === undefined && range.min === undefined
  const start = sql`
    select o.series_id, o.place as first_place,
      o.place + ${isWhole ? sql`0` : sql`o.point_count`} + ${count}::bigint as end_place
    from metric_chunks o where ${sql.join(conditions, sql` and `)} order by ${ends} limit 1`
  return sql`
    select c.* from (${start}) s join metric_chunks c on c.series_id = s.series_id
    where c.place >= s.first_place and c.place < s.end_place and ${range.max === undefined ? sql`true` : sql`c.first_step <= ${most}`}`
}

function afterPoint({ order, after }: PointPageRequest, columns: RawBuilder<unknown>): RawBuilder<unknown> {
  if (after === undefined) return sql`true`
  const [timestamp, step, value, isNan] = after
  const [first, second] = order === 'time' ? [timestamp, step] : [step, timestamp]
  return sql`(${columns}) > (${first}::bigint, ${second}::bigint, ${value}::float8, ${isNan}::boolean)`
}
