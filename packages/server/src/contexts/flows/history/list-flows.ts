import { FabriqueError, type Flow, type FlowDefinition, type FlowStateType, type Language } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import type { FlowFailure } from '../engine/model.js'
import { language } from './get-run.js'
import { toldFailure } from './told-failure.js'

/** Moments in rows that the database made JSON of have an offset. */
type Moment = string

interface ScheduleRow {
  readonly definition: FlowDefinition['schedules'][number]
  readonly paused: boolean
  readonly next_at: Moment | null
  readonly last_at: Moment | null
  readonly skipped_at: Moment | null
  readonly error: FlowFailure | null
}

interface BarRow {
  readonly id: string
  readonly state_type: FlowStateType
  readonly state_name: string
  readonly scheduled_for: Moment
  readonly duration_ms: number | null
}

interface FlowRow {
  readonly project: string
  readonly name: string
  readonly definition: FlowDefinition
  readonly paused: boolean
  readonly applied_at: Date
  readonly schedules: readonly ScheduleRow[]
  readonly webhooks: readonly { readonly name: string; readonly token: string }[]
  readonly has_worker: boolean
  readonly open_runs: number
  readonly bars: readonly BarRow[]
}

/** Newest runs that a flow is shown with. */
const barsShown = 30

/** All flows that are declared, by project and name. */
export const listFlows = readVerb({
  name: 'flows.list_flows',
  permission: 'flows.read',
  input: z.object({ project: z.string().optional(), language }),
  async run({ ctx, input }): Promise<{ items: Flow[] }> {
    const rows = await readFlows(ctx, { project: input.project })
    return { items: rows.map((row) => describeFlow(row, input.language)) }
  },
})

/** One flow; throws `flow_not_found`. */
export const getFlow = readVerb({
  name: 'flows.get_flow',
  permission: 'flows.read',
  input: z.object({ project: z.string(), flow: z.string(), language }),
  async run({ ctx, input }): Promise<Flow> {
    const [row] = await readFlows(ctx, input)
    if (row === undefined) throw new FabriqueError('flow_not_found', { project: input.project, flow: input.flow })
    return describeFlow(row, input.language)
  },
})

async function readFlows(
  ctx: VerbContext,
  of: { readonly project: string | undefined; readonly flow?: string },
): Promise<readonly FlowRow[]> {
  const now = ctx.clock.now()
  const { rows } = await sql<FlowRow>`
    with known as (
      select distinct of->>'project' as project, of->>'flow' as flow, of->>'version' as version
      from flow_workers, jsonb_array_elements(flows) as of
      where ended_at is null and lease_until > clock_timestamp()
    )
    select flow.project, flow.name, flow.definition, flow.paused, flow.applied_at,
      (
        select coalesce(json_agg(schedule order by schedule.name), '[]') from flow_schedules schedule
        where schedule.project = flow.project and schedule.flow = flow.name
      ) as schedules,
      (
        select coalesce(json_agg(json_build_object('name', name, 'token', token) order by name), '[]') from flow_triggers hook
        where hook.project = flow.project and hook.flow = flow.name and hook.token is not null
      ) as webhooks,
      exists (
        select from known where known.project = flow.project and known.flow = flow.name and known.version = flow.version
      ) as has_worker,
      (
        select count(*)::integer from (
          select from flow_runs run where run.project = flow.project and run.flow = flow.name and run.ended_at is null
          limit ${limit('flows.counted_max')}
        ) as counted
      ) as open_runs,
      (
        select coalesce(json_agg(bar order by bar.scheduled_for, bar.id), '[]') from (
          select run.id, run.state_type, run.state_name, run.scheduled_for,
            (extract(epoch from run.ended_at - run.started_at) * 1000)::float8 as duration_ms
          from flow_runs run where run.project = flow.project and run.flow = flow.name and run.scheduled_for <= ${now}
          order by run.scheduled_for desc, run.id desc limit ${barsShown}
        ) as bar
      ) as bars
    from flows flow
    where flow.removed_at is null and ${of.project === undefined ? sql`true` : sql`flow.project = ${of.project}`}
      and ${of.flow === undefined ? sql`true` : sql`flow.name = ${of.flow}`}
    order by flow.project, flow.name
  `.execute(ctx.db)
  return rows
}

const moment = (text: Moment) => new Date(text).toISOString()

function describeFlow(row: FlowRow, language: Language): Flow {
  const { project, name, definition, paused, has_worker, open_runs, applied_at } = row
  const schedules = row.schedules.map((schedule) => describeSchedule(schedule, language))
  const [nextAt] = schedules.flatMap((schedule) => schedule.next_at ?? []).sort()
  const bars = row.bars.map((bar) => ({
    id: bar.id,
    state: { type: bar.state_type, name: bar.state_name },
    scheduled_for: moment(bar.scheduled_for),
    ...(bar.duration_ms === null ? {} : { duration_ms: bar.duration_ms }),
  }))
  const averageMs = averageOf(row.bars)
  return {
    project,
    name,
    definition,
    paused,
    schedules,
    webhooks: row.webhooks.map((hook) => ({ name: hook.name, path: `/api/v1/flow-webhooks/${hook.token}` })),
    ...(nextAt === undefined || paused ? {} : { next_at: nextAt }),
    has_worker,
    open_runs,
    ...(averageMs === undefined ? {} : { average_ms: averageMs }),
    bars,
    applied_at: applied_at.toISOString(),
  }
}

function describeSchedule(row: ScheduleRow, language: Language): Flow['schedules'][number] {
  return {
    ...row.definition,
    paused: row.paused,
    ...(row.next_at === null ? {} : { next_at: moment(row.next_at) }),
    ...(row.last_at === null ? {} : { last_at: moment(row.last_at) }),
    ...(row.skipped_at === null ? {} : { skipped_at: moment(row.skipped_at) }),
    ...(row.error === null ? {} : { error: toldFailure(row.error, language).message }),
  }
}

/** A result from the cache says nothing of how long the work takes. */
function averageOf(bars: readonly BarRow[]): number | undefined {
  const durations = bars.flatMap(({ state_name, duration_ms }) =>
    state_name === 'Completed' && duration_ms !== null ? [duration_ms] : [],
  )
  if (durations.length === 0) return undefined
  return durations.reduce((sum, ms) => sum + ms, 0) / durations.length
}
