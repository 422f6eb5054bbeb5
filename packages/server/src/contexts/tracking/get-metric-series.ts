import { type MetricSeries, MetricSeriesRequest } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import {
  inRange,
  joinRows,
  lastPosition,
  type PlacedPoints,
  type Points,
  rangeEnds,
  readPoints,
  type StepRange,
  sentChunk,
  sentRows,
} from './metric-points.js'
import { PointReducer } from './reduce-points.js'

interface Found {
  readonly id: number
  readonly run_id: string
  readonly key: string
  readonly total: number
}

/**
 * Metrics of several runs for a chart, by step: each with at most `points` points, the smallest and largest of every part
 * among them. With very many series each gets fewer points. Series without points in the range are left out.
 */
export const getMetricSeries = readVerb({
  name: 'tracking.get_metric_series',
  permission: 'runs.read',
  input: MetricSeriesRequest,
  async run({ ctx, input }): Promise<readonly MetricSeries[]> {
    const range = { min: input.min_step, max: input.max_step }
    const found = await findSeries(ctx, input, range)
    const most = Math.max(
      2,
      Math.min(input.points, Math.floor(limit('tracking.series_points_max') / Math.max(1, found.length))),
    )
    const series: MetricSeries[] = []
    for (const group of groupsOf(found)) series.push(...(await readGroup(ctx, { group, range, most })))
    return series
  },
})

async function findSeries(
  ctx: VerbContext,
  { run_ids, keys }: { readonly run_ids: readonly string[]; readonly keys: readonly string[] },
  range: StepRange,
): Promise<readonly Found[]> {
  const isWhole = range.min === undefined && range.max === undefined
  const total = isWhole ? sql`s.point_count` : pointsIn(range)
  const { rows } = await sql<Found>`
    select s.id, s.run_id, s.key, ${total} as total
    from metric_series s
    where s.run_id = any(${[...new Set(run_ids)]}::text[]) and s.key = any(${[...new Set(keys)]}::text[])
    order by array_position(${[...keys]}::text[], s.key), array_position(${[...run_ids]}::text[], s.run_id)
  `.execute(ctx.db)
  return rows.filter(({ total: points }) => points > 0)
}

/** How many points of the series `s` are in a range: of chunks that lie in it whole, no point is looked at. */
function pointsIn(range: StepRange): RawBuilder<number> {
  const { least, most } = rangeEnds(range)
  return sql`(select count(*) from metrics m where m.series_id = s.id and ${inRange(range)}) + (
    select coalesce(sum(case when c.first_step >= ${least} and c.last_step <= ${most} then c.point_count
      else (select count(*) from unnest(steps_of(c)) step where step between ${least} and ${most}) end), 0)::bigint
    from metric_chunks c where c.series_id = s.id and c.last_step >= ${least} and c.first_step <= ${most})`
}

/** Series that are read with one query: many short ones, or a long one alone. */
function groupsOf(found: readonly Found[]): readonly (readonly Found[])[] {
  const most = limit('tracking.history_points_max')
  const groups: Found[][] = []
  let room = 0
  for (const one of found) {
    const group = groups.at(-1)
    if (group === undefined || one.total > room) {
      groups.push([one])
      room = most - one.total
    } else {
      group.push(one)
      room -= one.total
    }
  }
  return groups
}

async function readGroup(
  ctx: VerbContext,
  { group, range, most }: { readonly group: readonly Found[]; readonly range: StepRange; readonly most: number },
): Promise<readonly MetricSeries[]> {
  const [first] = group
  if (first !== undefined && first.total > limit('tracking.history_points_max')) {
    return [await readLong(ctx, { one: first, range, most })]
  }
  const ids = group.map(({ id }) => id)
  const { least, most: greatest } = rangeEnds(range)
  const { rows } = await sql<PlacedPoints & { readonly series_id: number }>`
    select c.series_id, c.place, ${sentChunk} from metric_chunks c
    where c.series_id = any(${ids}::bigint[]) and c.last_step >= ${least} and c.first_step <= ${greatest}
    union all
    select p.series_id, null, ${sentRows} from (
      select m.* from metrics m
      where m.series_id = any(${ids}::bigint[]) and ${inRange(range)}
      order by m.series_id, m.step, m.timestamp_ms, m.value, m.is_nan
    ) p group by p.series_id
  `.execute(ctx.db)
  const sent = new Map(ids.map((id) => [id, [] as (typeof rows)[number][]]))
  for (const row of rows) sent.get(row.series_id)?.push(row)
  return group.flatMap((one) => {
    const points = joinRows(sent.get(one.id) ?? [], { order: 'step', range })
    if (points.values.length === 0) return []
    // Points may have come since they were counted.
    const total = points.values.length
    const reducer = new PointReducer(total, most)
    addAll(reducer, points)
    return [toSeries({ ...one, total }, reducer)]
  })
}

async function readLong(
  ctx: VerbContext,
  { one, range, most }: { readonly one: Found; readonly range: StepRange; readonly most: number },
): Promise<MetricSeries> {
  const reducer = new PointReducer(one.total, most)
  const page = {
    runId: one.run_id,
    key: one.key,
    order: 'step',
    range,
    count: limit('tracking.history_points_max'),
  } as const
  let found = await readPoints(ctx, page)
  for (let last = lastPosition(found); last !== undefined; last = lastPosition(found)) {
    addAll(reducer, found)
    found = await readPoints(ctx, { ...page, after: last })
  }
  return toSeries(one, reducer)
}

function addAll(reducer: PointReducer, { values, timestamps, steps }: Points): void {
  for (const [index, value] of values.entries()) {
    reducer.add({
      step: steps[index] ?? 0,
      timestampMs: timestamps[index] ?? 0,
      value,
    })
  }
}

function toSeries({ run_id, key, total }: Found, reducer: PointReducer): MetricSeries {
  const points = reducer.points()
  return {
    run_id,
    key,
    total,
    steps: points.map(({ step }) => step),
    timestamps_ms: points.map(({ timestampMs }) => timestampMs),
    values: points.map(({ value }) => (Number.isNaN(value) ? 'NaN' : value)),
  }
}
