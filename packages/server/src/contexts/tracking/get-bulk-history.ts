import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { invalidValue, JsonText } from '../../platform/mlflow/index.js'
import { inRange, joinSent, rangeEnds, type SentPoints, sentRows } from './metric-points.js'
import { pointsJson } from './points-json.js'
import { Int64, Text } from './schema.js'

const runsMax = 100
const resultsPerRunMax = 2500
const bulkResultsMax = 25_000

/** The error of a call for too many runs, with the text that clients match on. */
function checkRunCount(path: string, call: string, runIds: readonly string[]): void {
  if (runIds.length <= runsMax) return
  throw invalidValue(
    path,
    runIds.length,
    `${call} request must specify at most ${runsMax} run_ids. Received ${runIds.length} run_ids.`,
  )
}

/**
 * Points of a metric of up to 100 runs, by step: of each run at most `max_results`, evenly taken, its first and last among
 * them (with one: the last). As a reply of the protocol. Throws `run_not_found`, `mlflow_invalid_value`.
 */
export const sendSampledHistories = readVerb({
  name: 'tracking.send_sampled_histories',
  permission: 'runs.read',
  input: z.object({
    run_ids: z.array(Text),
    metric_key: Text,
    max_results: z.number().int().default(resultsPerRunMax),
    start_step: Int64.optional(),
    end_step: Int64.optional(),
  }),
  async run({ ctx, input }): Promise<JsonText> {
    const { run_ids, metric_key, max_results, start_step, end_step } = input
    checkRunCount('run_ids', 'GetMetricHistoryBulkInterval', run_ids)
    if (max_results < 1 || max_results > resultsPerRunMax) {
      throw invalidValue('max_results', max_results, `max_results must be between 1 and ${resultsPerRunMax}.`)
    }
    checkSteps(start_step, end_step)
    const parts: Buffer[] = []
    for (const runId of run_ids) {
      const points = await samplePoints(ctx, {
        runId,
        key: metric_key,
        size: max_results,
        min: start_step,
        max: end_step,
      })
      if (points.values.length > 0) parts.push(pointsJson(metric_key, points, { more: runIdMember(runId) }))
    }
    return parts.length === 0 ? new JsonText('{}') : listReply(parts)
  },
})

const runIdMember = (runId: string) => `,"run_id":${JSON.stringify(runId)}`

/** A list of points whose members are made in parts. */
function listReply(parts: readonly Buffer[]): JsonText {
  const members = parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from(','), part]))
  return new JsonText(Buffer.concat([Buffer.from('{"metrics":['), ...members, Buffer.from(']}')]))
}

function checkSteps(start: number | undefined, end: number | undefined): void {
  if ((start === undefined) !== (end === undefined)) {
    const [path, value] = start === undefined ? ['end_step', end] : ['start_step', start]
    throw invalidValue(path ?? '', value, 'If either start step or end step are specified, both must be specified.')
  }
  if (start !== undefined && end !== undefined && start > end) {
    throw invalidValue(
      'end_step',
      end,
      `end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`,
    )
  }
}

/**
 * Evenly many points of a series: the first of each of `size` parts that differ by one point at most, and the last of all.
 * The numbers of the rows decide, so many points at one step are no more than as many at different ones.
 */
async function samplePoints(
  ctx: VerbContext,
  {
    runId,
    key,
    size,
    min,
    max,
  }: { runId: string; key: string; size: number; min: number | undefined; max: number | undefined },
) {
  const series = sql`(select id from metric_series where run_id = ${runId} and key = ${key})`
  const range = { min, max }
  const { least, most } = rangeEnds(range)
  const { rows } = await sql<SentPoints & { readonly found: boolean }>`
    with sampled as (
      select m.*, row_number() over (order by m.step, m.timestamp_ms, m.value, m.is_nan) - 1 as place, count(*) over () as total
      from (
        select m.step, m.timestamp_ms, m.value, m.is_nan from metrics m where m.series_id = ${series} and ${inRange(range)}
        union all
        select m.step, m.timestamp_ms, case when m.value = 'NaN' then 0 else m.value end, m.value = 'NaN'
        from metric_chunks c, unnest(steps_of(c), c.times, c.point_values) m (step, timestamp_ms, value)
        where c.series_id = ${series} and c.last_step >= ${least} and c.first_step <= ${most} and ${inRange(range)}
      ) m
    ), parts as (
      select *, ${size}::bigint as size, total / ${size}::bigint as small, total % ${size}::bigint as larger from sampled
    )
    select ${sentRows}, exists (select from runs where id = ${runId}) as found
    from (
      select * from parts
      where place = total - 1 or (size > 1 and case
        when total <= size then true
        when place >= total - small then false
        when place < larger * (small + 1) then place % (small + 1) = 0
        else (place - larger * (small + 1)) % small = 0
      end)
      order by place
    ) p
  `.execute(ctx.db)
  const row = rows[0]
  if (row?.found !== true) throw new FabriqueError('run_not_found', { run: runId })
  return joinSent([row])
}

/**
 * Points of a metric of up to 100 runs, by run, time and step: 25,000 in all at most. Runs that are not there have none.
 * As the reply that pages of MLflow read. Throws `mlflow_invalid_value`.
 */
export const sendBulkHistories = readVerb({
  name: 'tracking.send_bulk_histories',
  permission: 'runs.read',
  input: z.object({
    run_ids: z.array(Text),
    metric_key: Text,
    max_results: z.number().int().min(1).default(bulkResultsMax),
  }),
  async run({ ctx, input }): Promise<JsonText> {
    checkRunCount('run_id', 'GetMetricHistoryBulk', input.run_ids)
    const { rows } = await sql<SentPoints & { readonly run_id: string }>`
      select p.run_id, ${sentRows} from (
        select s.run_id, m.* from metric_series s join metric_points m on m.series_id = s.id
        where m.series_id = any(array(
          select id from metric_series where run_id = any(${[...new Set(input.run_ids)]}::text[]) and key = ${input.metric_key}
        ))
        order by s.run_id collate "C", m.timestamp_ms, m.step, m.value limit ${Math.min(input.max_results, bulkResultsMax)}
      ) p group by p.run_id order by p.run_id collate "C"
    `.execute(ctx.db)
    const parts = rows.map((row) => pointsJson(input.metric_key, joinSent([row]), { more: runIdMember(row.run_id) }))
    return listReply(parts)
  },
})
