import { FabriqueError, type LoopRun } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { loopTables } from './store.js'

/** Records how far the run of a loop is, and what it has made. Used by the worker that runs it. */
export const updateLoopRun = changeVerb({
  name: 'flows.update_loop_run',
  permission: 'flows.write',
  input: z.object({
    flow_run: z.string(),
    stage: z.enum(['source', 'snapshot', 'checks', 'run', 'model', 'endpoint']),
    result: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])).default({}),
  }),
  async run({ ctx, input, record }): Promise<null> {
    const row = await loopTables(ctx)
      .updateTable('loop_runs')
      .set({ stage: input.stage, result: sql<string>`result || ${JSON.stringify(input.result)}::jsonb` })
      .where('flow_run_id', '=', input.flow_run)
      .returning(['project', 'model'])
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: input.flow_run })
    const stage: LoopRun['stage'] = input.stage
    await record({
      subject: `flow-runs/${input.flow_run}`,
      event: 'loop.changed',
      payload: { flow_run_id: input.flow_run, ...row, state: 'running', stage },
    })
    return null
  },
})
