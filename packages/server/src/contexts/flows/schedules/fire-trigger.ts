import { FabriqueError, type FlowDefinition, type Json, type TriggerDefinition } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { query } from '../engine/statements.js'
import { failureText } from '../engine/step-states.js'
import type { TriggerRow } from './store.js'

type EventTrigger = Extract<TriggerDefinition, { kind: 'event' }>

interface EventRow {
  readonly tx: string
  readonly id: number
  readonly payload: Readonly<Record<string, Json>>
  readonly actor: string
}

interface LockedRow extends TriggerRow {
  readonly definition: EventTrigger
  readonly position: string
  readonly flow_definition: FlowDefinition
}

// Whoever has the row looks after it: others pass on.
const lock = `
  select t.*, f.definition as flow_definition from flow_triggers t join flows f on f.project = t.project and f.name = t.flow
  where t.project = $1 and t.flow = $2 and t.name = $3 and not f.paused and f.removed_at is null and t.position is not null
  for update of t skip locked`

const horizon = 'select pg_snapshot_xmin(pg_current_snapshot())::text as tx'

// Only those older than every open transaction: what commits later has a place after them.
const read = `
  select tx::text as tx, id, payload, actor from events
  where kind = $1 and (tx, id) > ($2::text::xid8, $3::bigint) and tx < $4::text::xid8
  order by tx, id limit $5`

const move = 'update flow_triggers set position = $4, error = $5 where project = $1 and flow = $2 and name = $3'

/**
 * Starts the flow of a trigger for each event since the last time, and moves the trigger on in the same transaction: one event is one run,
 * also after a crash at any point. Nothing where another worker is at it.
 */
export const fireTrigger = changeVerb({
  name: 'flows.fire_trigger',
  permission: 'flows.write',
  input: z.object({ project: z.string(), flow: z.string(), name: z.string() }),
  async run({ ctx, input: { project, flow, name }, unchanged }): Promise<void> {
    // Runs record themselves; that a trigger moves on is no change that anybody made.
    unchanged()
    const [row] = await query<LockedRow>(ctx.db, lock, [project, flow, name])
    if (row === undefined) return
    const [before] = await query<{ tx: string }>(ctx.db, horizon, [])
    const tx = before?.tx ?? '0'
    const max = limit('events.batch_max')
    const events = await query<EventRow>(ctx.db, read, [row.definition.event, ...row.position.split('.'), tx, max])
    let refusal: FabriqueError | undefined
    for (const event of events) {
      if (!isMeant(row.definition, event.payload)) continue
      refusal = await startForEvent(ctx, row, event)
      if (refusal !== undefined) ctx.log.warn({ project, flow, trigger: name, err: refusal }, 'An event started no run')
    }
    const last = events.length < max ? undefined : events.at(-1)
    const position = last === undefined ? `${tx}.0` : `${last.tx}.${last.id}`
    const error = refusal === undefined ? row.error && JSON.stringify(row.error) : failureText(refusal)
    await query(ctx.db, move, [project, flow, name, position, error])
  },
})

const isMeant = ({ where }: EventTrigger, payload: EventRow['payload']) =>
  Object.entries(where).every(([field, value]) => payload[field] === value)

/** Gives why there is no run, where there is none. */
async function startForEvent(ctx: VerbContext, row: LockedRow, event: EventRow): Promise<FabriqueError | undefined> {
  const { project, flow, name, definition: trigger, flow_definition: definition } = row
  const cause = await causeOf(ctx, event)
  const depth = cause === undefined ? 0 : cause.depth + 1
  if (cause !== undefined && depth > limit('flows.trigger_depth_max')) {
    return new FabriqueError('flow_trigger_circle', { flow: cause.flow, flow_run: cause.id, depth, trigger: name })
  }
  await enqueueRun(ctx, {
    project,
    flow,
    params: trigger.params,
    origin: 'event',
    originOf: name,
    priority: definition.priority,
    scheduledFor: ctx.clock.now(),
    tags: definition.tags,
    event: event.payload,
    depth,
    idempotencyKey: `event:${name}:${event.tx}.${event.id}`,
  })
  return undefined
}

interface CausingRun {
  readonly id: string
  readonly flow: string
  readonly depth: number
}

const causes = 'select id, flow, depth from flow_runs where id = any($1) order by depth desc limit 1'

/** The run that an event is about, or whose step made it. */
async function causeOf(ctx: VerbContext, { payload, actor }: EventRow): Promise<CausingRun | undefined> {
  const named = [payload.flow_run_id, actor.replace(/^system:/, '')].filter(
    (id) => typeof id === 'string' && id.startsWith('flow_'),
  )
  const [cause] = named.length === 0 ? [] : await query<CausingRun>(ctx.db, causes, [named])
  return cause
}
