import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type Db, type VerbContext } from '../../../platform/index.js'
import { releaseSlots } from '../schedules/limits.js'
import { closeSteps } from './close-steps.js'
import { recordStates } from './record-states.js'
import { notifyWatchers, notifyWorkers, query } from './statements.js'
import { lockParents, wakeRuns } from './wake-runs.js'

const request = `
  update flow_runs set cancel_requested = true,
    state_type = case when worker_id is null then 'CANCELLED' else 'CANCELLING' end,
    state_name = case when worker_id is null then 'Cancelled' else 'Cancelling' end,
    ended_at = case when worker_id is null then clock_timestamp() end,
    ready_at = null, wait = null, waits_for_limit = null, waits_for_job = false
  where id = any($1::text[]) and ended_at is null
  returning id, ended_at is not null as is_over`

const childrenOf = `
  select child.id from flow_runs child where child.ended_at is null and not child.cancel_requested
    and child.id in (select child_run from flow_steps where run_id = any($1::text[]) and child_run is not null)
  order by child.id`

/**
 * Cancels open runs and their children. One that nobody has is over at once; the worker that has one ends what it runs. Gives which are
 * over.
 */
export async function cancelRuns(tx: Db, runs: readonly string[]): Promise<void> {
  for (let open = runs; open.length > 0; ) {
    const parents = await lockParents(tx, open)
    // In the order in which the writes of sessions lock them.
    await query(tx, 'select 1 from flow_runs where id = any($1::text[]) order by id for no key update', [open])
    const rows = await query<{ id: string; is_over: boolean }>(tx, request, [open])
    const over = rows.filter(({ is_over }) => is_over).map(({ id }) => id)
    await closeSteps(tx, over, 'CANCELLED')
    for (const run of over) await releaseSlots(tx, { run })
    await recordStates(tx, over)
    for (const { id, is_over } of rows) if (!is_over) await notifyWorkers(tx, `cancel:${id}`)
    await wakeRuns(tx, parents)
    await notifyWatchers(
      tx,
      rows.map(({ id }) => id),
    )
    open = (await query<{ id: string }>(tx, childrenOf, [rows.map(({ id }) => id)])).map(({ id }) => id)
  }
}

const cancelFlowRun = changeVerb({
  name: 'flows.cancel_flow_run',
  permission: 'flows.write',
  input: z.object({ flow_run: z.string(), reason: z.string().max(500) }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const find = 'select project, flow, state_name, ended_at, cancel_requested from flow_runs where id = $1'
    const [row] = await query<{
      project: string
      flow: string
      state_name: string
      ended_at: Date | null
      cancel_requested: boolean
    }>(ctx.db, find, [input.flow_run])
    if (row === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: input.flow_run })
    if (row.ended_at !== null) {
      if (row.state_name === 'Cancelled') return unchanged()
      throw new FabriqueError('flow_run_is_over', { flow_run: input.flow_run, state: row.state_name })
    }
    if (row.cancel_requested) return unchanged()
    const { project, flow } = row
    await record({
      subject: `flow-runs/${input.flow_run}`,
      event: 'flow_run.changed',
      reason: input.reason,
      payload: { flow_run_id: input.flow_run, project, flow, state: 'CANCELLING', state_name: 'Cancelling' },
    })
    await cancelRuns(ctx.db, [input.flow_run])
  },
})

/** Asks for the end of a run and its children. Throws `flow_run_not_found`, `flow_run_is_over`. Joins the transaction of the context. */
export function cancelRun(ctx: VerbContext, run: string, reason: string): Promise<void> {
  return cancelFlowRun({ ctx, input: { flow_run: run, reason } })
}
