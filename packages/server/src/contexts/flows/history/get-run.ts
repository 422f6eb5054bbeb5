import { FabriqueError, type FlowRun, type Json, type Language } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { present } from '../../../kernel/index.js'
import { readVerb } from '../../../platform/index.js'
import { describeRuns, type RunRow, runColumns, stepCounts } from './run-rows.js'

export const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/** One run of a flow with its result; throws `flow_run_not_found`. */
export const getFlowRun = readVerb({
  name: 'flows.get_flow_run',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string(), language }),
  async run({ ctx, input }): Promise<FlowRun> {
    const { rows } = await sql<RunRow & { readonly result: Json; readonly has_result: boolean }>`
      select ${runColumns()}, run.result, run.result is not null as has_result, counts.*
      from flow_runs run, ${stepCounts} where run.id = ${input.flow_run}
    `.execute(ctx.db)
    const [row] = rows
    if (row === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: input.flow_run })
    const [run] = await describeRuns(ctx.db, [row], input.language)
    return { ...present(run, 'described run'), ...(row.has_result ? { result: row.result } : {}) }
  },
})
