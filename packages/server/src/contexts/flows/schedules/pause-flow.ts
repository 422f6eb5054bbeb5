import { FabriqueError, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { query } from '../engine/statements.js'
import { nextMoment } from './moments.js'
import { newestEventPosition } from './position.js'
import { type DeclaredFlow, lockFlow, type ScheduleRow, schedulesOf, setNextMoment } from './store.js'

const input = z.object({
  project: z.string(),
  flow: z.string(),
  schedule: Slug.optional(),
  reason: z.string().max(500).default(''),
})

/** Stops what starts a flow by itself, or one of its schedules; runs that there are go on. Errors: `flow_not_found`, `flow_schedule_not_found`. */
export const pauseFlow = changeVerb({
  name: 'flows.pause_flow',
  permission: 'flows.write',
  input,
  async run({ ctx, input: { project, flow, schedule, reason }, record, unchanged }): Promise<void> {
    const declared = await lockFlow(ctx, { project, flow })
    const schedules = await schedulesToChange(ctx, declared, schedule)
    if (schedules === undefined ? declared.paused : schedules.every(({ paused }) => paused)) return unchanged()
    await setPaused(ctx, declared, schedule, true)
    for (const row of schedules ?? (await schedulesOf(ctx, { project, flow }))) await setNextMoment(ctx, row, undefined)
    const change = schedule === undefined ? 'paused' : 'schedule_paused'
    await record({
      subject: `flows/${project}/${flow}`,
      event: 'flow.changed',
      reason,
      payload: { project, flow, change },
    })
  },
})

/** Lets schedules and triggers start the flow again, or one schedule; what was missed is not made up for. Errors as for `pauseFlow`. */
export const resumeFlow = changeVerb({
  name: 'flows.resume_flow',
  permission: 'flows.write',
  input,
  async run({ ctx, input: { project, flow, schedule, reason }, record, unchanged }): Promise<void> {
    const declared = await lockFlow(ctx, { project, flow })
    const schedules = await schedulesToChange(ctx, declared, schedule)
    if (schedules === undefined ? !declared.paused : schedules.every(({ paused }) => !paused)) return unchanged()
    await setPaused(ctx, declared, schedule, false)
    const isPaused = schedule === undefined ? false : declared.paused
    const now = ctx.clock.now()
    for (const row of await schedulesOf(ctx, { project, flow })) {
      if (isPaused || row.paused || (schedule !== undefined && row.name !== schedule)) continue
      await setNextMoment(ctx, row, nextMoment(row.definition, now))
    }
    if (schedule === undefined) await passOverEvents(ctx, declared)
    const change = schedule === undefined ? 'resumed' : 'schedule_resumed'
    await record({
      subject: `flows/${project}/${flow}`,
      event: 'flow.changed',
      reason,
      payload: { project, flow, change },
    })
  },
})

/** The schedule that is named; undefined for the flow as a whole. */
async function schedulesToChange(
  ctx: VerbContext,
  { project, name: flow }: DeclaredFlow,
  schedule: string | undefined,
): Promise<readonly ScheduleRow[] | undefined> {
  if (schedule === undefined) return undefined
  const named = (await schedulesOf(ctx, { project, flow })).filter(({ name }) => name === schedule)
  if (named.length === 0) throw new FabriqueError('flow_schedule_not_found', { flow, schedule })
  return named
}

const pauseAll = 'update flows set paused = $3 where project = $1 and name = $2'
const pauseOne = 'update flow_schedules set paused = $3 where project = $1 and flow = $2 and name = $4'

const setPaused = (
  { db }: VerbContext,
  { project, name }: DeclaredFlow,
  schedule: string | undefined,
  paused: boolean,
) =>
  schedule === undefined
    ? query(db, pauseAll, [project, name, paused])
    : query(db, pauseOne, [project, name, paused, schedule])

const pass = `update flow_triggers set position = $3 where project = $1 and flow = $2 and position is not null`

async function passOverEvents(ctx: VerbContext, { project, name }: DeclaredFlow): Promise<void> {
  await query(ctx.db, pass, [project, name, await newestEventPosition(ctx)])
}
