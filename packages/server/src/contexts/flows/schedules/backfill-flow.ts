import { type Backfill, BackfillRequest, FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { enqueueRuns } from '../engine/enqueue-runs.js'
import { query } from '../engine/statements.js'
import { checkParams } from './check-params.js'
import { momentKey } from './fire-schedule.js'
import { momentsBetween } from './moments.js'
import { type DeclaredFlow, declaredFlow, type ScheduleRow, schedulesOf } from './store.js'

interface RunOfMoment {
  readonly id: string
  readonly key: string
  readonly state_type: string
}

/**
 * Runs a flow for each moment of a schedule in a range; a dry run tells which. Moments that have a run are left out unless they are to run
 * again; one whose run is open never runs twice. Its runs give way to others of the flow. Errors: `flow_not_found`, `flow_schedule_needed`,
 * `flow_schedule_not_found`, `flow_backfill_too_long`, `flow_params_invalid`.
 */
export const backfillFlow = changeVerb({
  name: 'flows.backfill_flow',
  permission: 'flows.write',
  input: BackfillRequest.extend({ project: z.string(), flow: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<Backfill> {
    const { project, flow, dry_run, again, newest_first, reason } = input
    const declared = await declaredFlow(ctx, { project, flow })
    const schedule = await scheduleOf(ctx, declared, input.schedule)
    const params = { ...schedule.definition.params, ...input.params }
    const { params_schema: schema } = declared.definition
    checkParams({ flow, schema: schedule.definition.params_by_code ? {} : schema, params })
    const moments = momentsOf(schedule, input, ctx.clock.now())
    const runs = await runsOf(ctx, schedule, moments)
    const planned = moments.map((moment) => {
      const run = runs.get(momentKey(schedule.name, moment))
      return { moment, run, skipped: run !== undefined && !runsAgain(run, again) }
    })
    if (newest_first) planned.reverse()
    const wanted = planned.filter(({ skipped }) => !skipped)
    if (dry_run || wanted.length === 0) {
      unchanged()
      return { moments: planned.map(({ moment, run, skipped }) => told(moment, run?.id, skipped)) }
    }
    const id = ctx.ids.prefixed('back')
    const runsToMake = wanted.map(({ moment, run }, index) => ({
      id: ctx.ids.prefixed('flow'),
      scheduledFor: moment,
      // Ready since before now, one after the other: workers keep the order.
      readyAt: new Date(ctx.clock.now().getTime() - wanted.length + index),
      idempotencyKey: momentKey(schedule.name, moment) + (run === undefined ? '' : `#${id}`),
    }))
    const made = await enqueueRuns(
      ctx.db,
      {
        project,
        flow,
        params,
        origin: 'backfill',
        originOf: schedule.name,
        priority: Math.max(-1000, declared.definition.priority - 1),
        requestedAt: ctx.clock.now(),
        requestedBy: ctx.actor.id,
        reason,
        tags: [...new Set([...declared.definition.tags, id])],
      },
      runsToMake,
    )
    await record({
      subject: `flows/${project}/${flow}`,
      event: 'flow.changed',
      reason,
      payload: { project, flow, change: 'backfilled' },
    })
    // Where the schedule came first meanwhile, the moment has its run.
    const own = new Map(runsToMake.filter((run) => made.has(run.id)).map((run) => [run.scheduledFor, run.id]))
    return {
      id,
      moments: planned.map(({ moment, run }) => told(moment, own.get(moment) ?? run?.id, !own.has(moment))),
    }
  },
})

const told = (moment: Date, run: string | undefined, skipped: boolean) => ({
  at: moment.toISOString(),
  ...(run === undefined ? {} : { run }),
  skipped,
})

async function scheduleOf(
  ctx: VerbContext,
  { project, name: flow }: DeclaredFlow,
  name: string | undefined,
): Promise<ScheduleRow> {
  const schedules = await schedulesOf(ctx, { project, flow })
  const [only, ...others] = name === undefined ? schedules : schedules.filter((schedule) => schedule.name === name)
  if (only !== undefined && others.length === 0) return only
  if (name !== undefined) throw new FabriqueError('flow_schedule_not_found', { flow, schedule: name })
  throw new FabriqueError('flow_schedule_needed', { flow, count: schedules.length })
}

function momentsOf(
  { name, definition }: ScheduleRow,
  { from, to }: { readonly from: string; readonly to: string },
  now: Date,
): readonly Date[] {
  const max = limit('flows.backfill_max')
  const end = new Date(Math.min(new Date(to).getTime(), now.getTime() + 1))
  const moments = momentsBetween(definition, { from: new Date(from), to: end, max: max + 1 })
  if (moments.length > max) throw new FabriqueError('flow_backfill_too_long', { max, schedule: name })
  return moments
}

// The newest run of each moment; the key of one that ran it again names the back-fill after it.
const newest = `
  select distinct on (key) id, state_type, key from (
    select id, state_type, requested_at, split_part(idempotency_key, '#', 1) as key from flow_runs
    where project = $1 and flow = $2 and scheduled_for = any($3::timestamptz[]) and origin in ('schedule', 'backfill') and origin_of = $4
  ) runs
  order by key, requested_at desc, id desc`

async function runsOf(
  { db }: VerbContext,
  { project, flow, name }: ScheduleRow,
  moments: readonly Date[],
): Promise<ReadonlyMap<string, RunOfMoment>> {
  if (moments.length === 0) return new Map()
  const rows = await query<RunOfMoment>(db, newest, [project, flow, moments, name])
  return new Map(rows.map((run) => [run.key, run]))
}

function runsAgain({ state_type }: RunOfMoment, again: 'none' | 'failed' | 'all'): boolean {
  const isFailed = ['FAILED', 'CRASHED', 'CANCELLED'].includes(state_type)
  if (again === 'failed') return isFailed
  return again === 'all' && (isFailed || state_type === 'COMPLETED')
}
