import { FabriqueError, type FlowDefinition, type ScheduleDefinition, type TriggerDefinition } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import type { FlowFailure } from '../engine/model.js'
import { query } from '../engine/statements.js'

/** A flow that a project declares now. */
export interface DeclaredFlow {
  readonly project: string
  readonly name: string
  readonly definition: FlowDefinition
  readonly paused: boolean
}

interface FlowName {
  readonly project: string
  readonly flow: string
}

/** Throws `flow_not_found`, also for one that is no longer declared. */
export async function declaredFlow(ctx: VerbContext, { project, flow }: FlowName): Promise<DeclaredFlow> {
  const [row] = await query<DeclaredFlow>(
    ctx.db,
    'select project, name, definition, paused from flows where project = $1 and name = $2 and removed_at is null',
    [project, flow],
  )
  if (row === undefined) throw new FabriqueError('flow_not_found', { project, flow })
  return row
}

/** The same, and nobody else changes its schedules, triggers or pause until the end of the transaction. */
export async function lockFlow(ctx: VerbContext, name: FlowName): Promise<DeclaredFlow> {
  await query(ctx.db, 'select from flows where project = $1 and name = $2 for no key update', [name.project, name.flow])
  return declaredFlow(ctx, name)
}

export interface ScheduleRow {
  readonly project: string
  readonly flow: string
  readonly name: string
  readonly definition: ScheduleDefinition
  readonly paused: boolean
  readonly next_at: Date | null
  readonly last_at: Date | null
  readonly skipped_at: Date | null
  readonly error: FlowFailure | null
}

export interface TriggerRow {
  readonly project: string
  readonly flow: string
  readonly name: string
  readonly definition: TriggerDefinition
  readonly position: string | null
  readonly token: string | null
  readonly error: FlowFailure | null
}

const schedules = 'select * from flow_schedules where project = $1 and flow = $2 order by name'

export const schedulesOf = (ctx: VerbContext, { project, flow }: FlowName) =>
  query<ScheduleRow>(ctx.db, schedules, [project, flow])

const triggers = 'select * from flow_triggers where project = $1 and flow = $2 order by name'

export const triggersOf = (ctx: VerbContext, { project, flow }: FlowName) =>
  query<TriggerRow>(ctx.db, triggers, [project, flow])

const setNext = 'update flow_schedules set next_at = $4 where project = $1 and flow = $2 and name = $3'

/** Sets when a schedule is due next; undefined for never. */
export const setNextMoment = ({ db }: VerbContext, { project, flow, name }: ScheduleRow, next: Date | undefined) =>
  query(db, setNext, [project, flow, name, next ?? null])
