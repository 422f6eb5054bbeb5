import { FabriqueError, type FlowRun } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import type { StoredError } from '../jobs/index.js'
import { flowTables } from './store.js'

/** Records how far a flow run is. Used by the worker that runs it. */
export const updateFlowRun = changeVerb({
  name: 'flows.update_flow_run',
  permission: 'flows.write',
  input: z.object({
    flow_run: z.string(),
    state: z.enum(['running', 'succeeded', 'failed']),
    stage: z.enum(['source', 'snapshot', 'checks', 'run', 'model', 'endpoint']),
    result: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])).default({}),
    error: z.custom<StoredError>().optional(),
  }),
  async run({ ctx, input, record }): Promise<null> {
    const at = ctx.clock.now()
    const ended = input.state !== 'running'
    const row = await flowTables(ctx)
      .updateTable('flow_runs')
      .set((current) => ({
        state: input.state,
        stage: input.stage,
        started_at: current.fn.coalesce('started_at', current.val(at)),
        ended_at: ended ? at : null,
        error: input.error === undefined ? null : JSON.stringify(input.error),
        result: sql<string>`result || ${JSON.stringify(input.result)}::jsonb`,
      }))
      .where('id', '=', input.flow_run)
      .returning(['project', 'model'])
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: input.flow_run })
    const stage: FlowRun['stage'] = input.stage
    await record({
      subject: `flow-runs/${input.flow_run}`,
      event: 'flow_run.changed',
      payload: { flow_run_id: input.flow_run, ...row, state: input.state, stage },
    })
    return null
  },
})

/**
 * Closes a flow run whose execution is over although it still counts as running: the disk or the database was away when it
 * wanted to record its end. Does nothing to one that is closed.
 */
export const closeInterrupted = changeVerb({
  name: 'flows.close_interrupted',
  permission: 'flows.write',
  input: z.object({ flow_run: z.string(), reason: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const error: StoredError = { code: 'flow_run_interrupted', params: { reason: input.reason } }
    const row = await flowTables(ctx)
      .updateTable('flow_runs')
      .set({ state: 'failed', ended_at: ctx.clock.now(), error: JSON.stringify(error) })
      .where('id', '=', input.flow_run)
      .where('state', 'in', ['queued', 'running'])
      .returning(['project', 'model', 'stage'])
      .executeTakeFirst()
    if (row === undefined) return unchanged()
    await record({
      subject: `flow-runs/${input.flow_run}`,
      event: 'flow_run.changed',
      payload: { flow_run_id: input.flow_run, ...row, state: 'failed' },
    })
  },
})
