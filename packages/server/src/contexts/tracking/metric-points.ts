import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

/** How points are ordered: by time as the protocol has them, or by step as charts have them. */
export type PointOrder = 'time' | 'step'

/** Points by column, as the texts that stand for them in JSON: most are only passed on. */
export interface PointTexts {
  readonly values: readonly string[]
  readonly timestamps: readonly string[]
  readonly steps: readonly string[]
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

/** Condition on the rows `m` of `metrics`. */
export function inRange({ min, max }: StepRange): RawBuilder<boolean> {
  if (min === undefined && max === undefined) return sql`true`
  return sql`m.step between ${bound(min, Math.ceil, int8Min)}::bigint and ${bound(max, Math.floor, int8Max)}::bigint`
}

/** The columns of rows `p` of points, in their order, joined by commas. */
export const joinedPoints = sql`
  string_agg(case when p.is_nan then '"NaN"' else p.value::text end, ',') as values,
  string_agg(p.timestamp_ms::text, ',') as timestamps, string_agg(p.step::text, ',') as steps`

export interface JoinedPoints {
  readonly values: string | null
  readonly timestamps: string | null
  readonly steps: string | null
}

export function splitPoints({ values, timestamps, steps }: JoinedPoints): PointTexts {
  const split = (text: string | null) => (text === null || text === '' ? [] : text.split(','))
  return { values: split(values), timestamps: split(timestamps), steps: split(steps) }
}

/** Where reading goes on: time, step, value and the mark of NaN of the last point that was read. */
export type PointPosition = readonly [timestamp: string, step: string, value: string, isNan: string]

export interface PointPage extends PointTexts {
  /** Of the last point; absent where there was none. */
  readonly last?: PointPosition
}

/**
 * The next points of a series. Reading goes on after a point, not at a place: points that are added meanwhile shift nothing.
 */
export async function readPoints(
  ctx: VerbContext,
  page: {
    readonly runId: string
    readonly key: string
    readonly order: PointOrder
    readonly count: number
    readonly after?: PointPosition | undefined
    readonly offset?: number | undefined
    readonly range?: StepRange | undefined
  },
): Promise<PointPage> {
  const columns =
    page.order === 'time'
      ? sql`m.timestamp_ms, m.step, m.value, m.is_nan`
      : sql`m.step, m.timestamp_ms, m.value, m.is_nan`
  const { rows } = await sql<JoinedPoints>`
    select ${joinedPoints} from (
      select m.* from metrics m
      where m.series_id = (select id from metric_series where run_id = ${page.runId} and key = ${page.key})
        and ${afterPoint(page.order, columns, page.after)} and ${inRange(page.range ?? {})}
      order by ${columns} limit ${page.count} offset ${page.offset ?? 0}
    ) p
  `.execute(ctx.db)
  const points = splitPoints(rows[0] ?? { values: null, timestamps: null, steps: null })
  const [timestamp, step, value] = [points.timestamps.at(-1), points.steps.at(-1), points.values.at(-1)]
  if (timestamp === undefined || step === undefined || value === undefined) return points
  const isNan = value === '"NaN"'
  return { ...points, last: [timestamp, step, isNan ? '0' : value, String(isNan)] }
}

function afterPoint(
  order: PointOrder,
  columns: RawBuilder<unknown>,
  after: PointPosition | undefined,
): RawBuilder<unknown> {
  if (after === undefined) return sql`true`
  const [timestamp, step, value, isNan] = after
  const [first, second] = order === 'time' ? [timestamp, step] : [step, timestamp]
  return sql`(${columns}) > (${first}::bigint, ${second}::bigint, ${value}::float8, ${isNan}::boolean)`
}
