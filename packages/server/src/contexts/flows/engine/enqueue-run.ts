import { FabriqueError, type FlowRun, type FlowWait, type Json } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type Db, type VerbContext } from '../../../platform/index.js'
import { notifyWorkers, query } from './statements.js'

/** A run that is asked for. */
export interface RunToEnqueue {
  readonly project: string
  readonly flow: string
  readonly params: Readonly<Record<string, Json>>
  readonly origin: FlowRun['origin']
  readonly originOf?: string
  readonly model?: string
  readonly priority?: number
  readonly scheduledFor: Date
  /** When a worker may take it: at once without it; null makes it wait until it is made ready. */
  readonly readyAt?: Date | null
  readonly wait?: FlowWait
  readonly requestedBy?: string
  readonly reason?: string
  readonly tags?: readonly string[]
  /** The same key gives the same run. */
  readonly idempotencyKey?: string
  /** While a run with this key is open, it is the answer. */
  readonly openKey?: string
  /** The payload of the event, or the body of the request, that started it. */
  readonly event?: Json
  /** How many triggers led to it; that of the run it comes from without it. */
  readonly depth?: number
}

/** A run that was asked for: a new one, or the one that is in its place. */
export interface EnqueuedRun {
  readonly id: string
  readonly isNew: boolean
}

const insert = `
  insert into flow_runs (id, project, flow, state_type, state_name, params, origin, origin_of, model, priority, scheduled_for, requested_at,
    requested_by, reason, tags, ready_at, wait, idempotency_key, open_key, event, depth)
  values ($1, $2, $3, 'SCHEDULED', 'Scheduled', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    case when $14 then coalesce($15::timestamptz, clock_timestamp()) end, $16, $17, $18, $19,
    coalesce($20::integer, (select depth from flow_runs where id = $6 and $5 in ('flow', 'retry')), 0))
  on conflict do nothing returning id`

const find = `
  select id from flow_runs
  where project = $1 and flow = $2 and (idempotency_key = $3 or (open_key = $4 and ended_at is null))
  order by requested_at desc limit 1`

// From the index of open runs, which is as long as there are any.
const findBeyond = 'select 1 from flow_runs where ended_at is null offset $1 limit 1'

/** Throws `flow_runs_full` where too many runs are open; after runs were made, so that what asks again for one that is there gets it. */
export async function expectRoom(db: Db): Promise<void> {
  const most = limit('flows.open_runs_max')
  const beyond = await query(db, findBeyond, [most])
  if (beyond.length > 0) throw new FabriqueError('flow_runs_full', { limit: most })
}

const enqueueFlowRun = changeVerb({
  name: 'flows.enqueue_flow_run',
  permission: 'flows.write',
  input: z.custom<RunToEnqueue>((value) => typeof value === 'object'),
  async run({ ctx, input, record, unchanged }): Promise<EnqueuedRun> {
    const { project, flow, reason = '' } = input
    // What is in the way of the insert may be over before it is looked for: then there is room for this one.
    for (;;) {
      const id = ctx.ids.prefixed('flow')
      const made = await query<{ id: string }>(ctx.db, insert, [
        id,
        project,
        flow,
        JSON.stringify(input.params),
        input.origin,
        input.originOf ?? null,
        input.model ?? null,
        input.priority ?? 0,
        input.scheduledFor,
        ctx.clock.now(),
        input.requestedBy ?? ctx.actor.id,
        reason,
        input.tags ?? [],
        input.readyAt !== null,
        input.readyAt ?? null,
        input.wait === undefined ? null : JSON.stringify(input.wait),
        input.idempotencyKey ?? null,
        input.openKey ?? null,
        input.event === undefined ? null : JSON.stringify(input.event),
        input.depth ?? null,
      ])
      if (made.length > 0) {
        await expectRoom(ctx.db)
        const state = { state: 'SCHEDULED', state_name: 'Scheduled' }
        await record({
          subject: `flow-runs/${id}`,
          event: 'flow_run.changed',
          reason,
          payload: { flow_run_id: id, project, flow, ...state },
        })
        if (input.readyAt !== null) await notifyWorkers(ctx.db, 'ready')
        return { id, isNew: true }
      }
      const keys = [input.idempotencyKey ?? null, input.openKey ?? null]
      const [known] = await query<{ id: string }>(ctx.db, find, [project, flow, ...keys])
      if (known === undefined) continue
      unchanged()
      return { id: known.id, isNew: false }
    }
  },
})

/** Asks for a run: the one way that a run is made. Throws `flow_runs_full`. Joins the transaction of the context. */
export function enqueueRun(ctx: VerbContext, run: RunToEnqueue): Promise<EnqueuedRun> {
  return enqueueFlowRun({ ctx, input: run })
}
