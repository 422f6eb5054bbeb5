import { FlowDefinition, type ScheduleDefinition, type TriggerDefinition } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { query } from '../engine/statements.js'
import { checkFlow } from './check-flow.js'
import { nextMoment } from './moments.js'
import { newestEventPosition } from './position.js'
import { type ScheduleRow, schedulesOf, type TriggerRow, triggersOf } from './store.js'

interface FlowRow {
  readonly name: string
  readonly definition: FlowDefinition
  readonly paused: boolean
  readonly removed_at: Date | null
}

/**
 * Makes these the flows of the project: all of them or none. One that is no longer declared is started by nothing; its runs stay. A pause
 * outlives changes of what is paused. Applying the same again changes nothing. Errors: `flow_invalid`, `flow_params_invalid`.
 */
export const applyFlows = changeVerb({
  name: 'flows.apply_flows',
  permission: 'flows.write',
  input: z.object({ project: z.string(), flows: z.array(FlowDefinition).max(1000) }),
  async run({ ctx, input: { project, flows }, record, unchanged }): Promise<void> {
    for (const definition of flows) checkFlow(definition, ctx.clock.now())
    // One worker after another: two that start at once apply the same.
    await query(ctx.db, `select pg_advisory_xact_lock(hashtextextended('flows of ' || $1, 0))`, [project])
    const known = await query<FlowRow>(
      ctx.db,
      'select name, definition, paused, removed_at from flows where project = $1',
      [project],
    )
    const changes: { readonly flow: string; readonly change: string }[] = []
    for (const definition of flows) {
      const before = known.find(({ name }) => name === definition.name)
      const change = await applyFlow(ctx, project, definition, before)
      if (change !== undefined) changes.push({ flow: definition.name, change })
    }
    const declared = new Set(flows.map(({ name }) => name))
    for (const { name, removed_at } of known) {
      if (removed_at !== null || declared.has(name)) continue
      await removeFlow(ctx, project, name)
      changes.push({ flow: name, change: 'removed' })
    }
    if (changes.length === 0) unchanged()
    for (const { flow, change } of changes) {
      await record({ subject: `flows/${project}/${flow}`, event: 'flow.changed', payload: { project, flow, change } })
    }
  },
})

async function applyFlow(
  ctx: VerbContext,
  project: string,
  definition: FlowDefinition,
  before: FlowRow | undefined,
): Promise<'declared' | 'changed' | undefined> {
  // The order counts: it is that of the parameters in the form.
  if (before?.removed_at === null && JSON.stringify(before.definition) === JSON.stringify(definition)) return undefined
  await query(
    ctx.db,
    `insert into flows (project, name, definition, version, applied_at) values ($1, $2, $3, $4, $5)
     on conflict (project, name) do update set definition = excluded.definition, version = excluded.version,
       applied_at = excluded.applied_at, removed_at = null`,
    [project, definition.name, JSON.stringify(definition), definition.version, ctx.clock.now()],
  )
  const of = { project, flow: definition.name }
  const isPaused = before?.paused ?? false
  const wasRemoved = before?.removed_at !== null
  await applySchedules(ctx, { ...of, definition, isPaused })
  await applyTriggers(ctx, { ...of, definition, wasRemoved })
  return before?.removed_at === null ? 'changed' : 'declared'
}

interface Applied {
  readonly project: string
  readonly flow: string
  readonly definition: FlowDefinition
}

const timing = ({ cron, every_ms, anchor, at, timezone }: ScheduleDefinition) =>
  canonicalJson({ cron: cron ?? null, every_ms: every_ms ?? null, anchor: anchor ?? null, at: at ?? null, timezone })

async function applySchedules(
  ctx: VerbContext,
  { project, flow, definition, isPaused }: Applied & { readonly isPaused: boolean },
): Promise<void> {
  const known = await schedulesOf(ctx, { project, flow })
  const names = definition.schedules.map(({ name }) => name)
  await query(ctx.db, 'delete from flow_schedules where project = $1 and flow = $2 and name <> all($3)', [
    project,
    flow,
    names,
  ])
  for (const schedule of definition.schedules) {
    const before = known.find(({ name }) => name === schedule.name)
    const next = isPaused || before?.paused === true ? undefined : nextOf(schedule, before, ctx.clock.now())
    await query(
      ctx.db,
      `insert into flow_schedules (project, flow, name, definition, next_at) values ($1, $2, $3, $4, $5)
       on conflict (project, flow, name) do update set definition = excluded.definition, next_at = excluded.next_at, error = null`,
      [project, flow, schedule.name, JSON.stringify(schedule), next ?? null],
    )
  }
}

/** Where the moments stay the same, one that is due stays due. */
function nextOf(schedule: ScheduleDefinition, before: ScheduleRow | undefined, now: Date): Date | undefined {
  if (before?.next_at && timing(before.definition) === timing(schedule)) return before.next_at
  return nextMoment(schedule, now)
}

async function applyTriggers(
  ctx: VerbContext,
  { project, flow, definition, wasRemoved }: Applied & { readonly wasRemoved: boolean },
): Promise<void> {
  const known = await triggersOf(ctx, { project, flow })
  const names = definition.triggers.map(({ name }) => name)
  await query(ctx.db, 'delete from flow_triggers where project = $1 and flow = $2 and name <> all($3)', [
    project,
    flow,
    names,
  ])
  const here = await newestEventPosition(ctx)
  for (const trigger of definition.triggers) {
    const before = known.find(({ name }) => name === trigger.name)
    const isSame = !wasRemoved && before !== undefined && listensTo(before.definition) === listensTo(trigger)
    await query(
      ctx.db,
      `insert into flow_triggers (project, flow, name, definition, position, token) values ($1, $2, $3, $4, $5, $6)
       on conflict (project, flow, name) do update set definition = excluded.definition, position = excluded.position,
         token = excluded.token, error = null`,
      [
        project,
        flow,
        trigger.name,
        JSON.stringify(trigger),
        trigger.kind === 'event' ? ((isSame ? before.position : null) ?? here) : null,
        trigger.kind === 'webhook' ? tokenOf(ctx, before) : null,
      ],
    )
  }
}

const listensTo = (trigger: TriggerDefinition) =>
  trigger.kind === 'event' ? canonicalJson({ event: trigger.event, where: trigger.where }) : trigger.kind

/** An address that was given out stays. */
const tokenOf = (ctx: VerbContext, before: TriggerRow | undefined) =>
  before?.token ?? `${ctx.ids.hex32()}${ctx.ids.hex32()}`

/** Its schedules and triggers stay, stopped: a pause and the address of a webhook hold when it is declared again. */
async function removeFlow(ctx: VerbContext, project: string, flow: string): Promise<void> {
  const of = [project, flow]
  await query(ctx.db, 'update flows set removed_at = $3 where project = $1 and name = $2', [...of, ctx.clock.now()])
  await query(ctx.db, 'update flow_schedules set next_at = null where project = $1 and flow = $2', of)
}
