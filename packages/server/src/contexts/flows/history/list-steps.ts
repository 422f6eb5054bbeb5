import { FabriqueError, type FlowStep } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Db, readVerb } from '../../../platform/index.js'
import { language } from './get-run.js'
import { describeStep, itemCounts, readSteps, type StepRow, stepColumns } from './step-rows.js'

/** Throws `flow_run_not_found`. */
export async function expectRun(db: Db, run: string): Promise<void> {
  const { rows } = await sql`select 1 from flow_runs where id = ${run}`.execute(db)
  if (rows.length === 0) throw new FabriqueError('flow_run_not_found', { flow_run: run })
}

/**
 * A page of the steps of a run in the order in which they began; items of a map only where it is named. The token is the position of
 * the last one shown. Throws `flow_run_not_found`, `page_token_invalid`.
 */
export const listFlowSteps = readVerb({
  name: 'flows.list_flow_steps',
  permission: 'flows.read',
  input: z.object({
    flow_run: z.string(),
    page_token: z.string().optional(),
    limit: z.number().int().min(1).max(1000).default(500),
    map: z.string().optional(),
    name: z.string().optional(),
    language,
  }),
  async run({ ctx, input }): Promise<{ items: FlowStep[]; next_page_token?: string }> {
    await expectRun(ctx.db, input.flow_run)
    if (input.name !== undefined) {
      const rows = await readSteps(ctx.db, input.flow_run, [input.name], 'all')
      return { items: rows.map((row) => describeStep(row, input.language)) }
    }
    const after = positionOf(input.page_token)
    const { rows } = await sql<StepRow>`
      select ${stepColumns('small')} from flow_steps step ${itemCounts}
      where step.run_id = ${input.flow_run} and step.position > ${after}
        and ${input.map === undefined ? sql`step.map is null` : sql`step.map = ${input.map}`}
      order by step.position limit ${input.limit + 1}
    `.execute(ctx.db)
    const shown = rows.slice(0, input.limit)
    const last = shown.at(-1)
    return {
      items: shown.map((row) => describeStep(row, input.language)),
      ...(rows.length > shown.length && last !== undefined ? { next_page_token: String(last.position) } : {}),
    }
  },
})

/** A position as a token; that before the first one without it. Throws `page_token_invalid`. */
export function positionOf(token: string | undefined): number {
  if (token === undefined) return -1
  if (!/^\d{1,15}$/.test(token)) throw new FabriqueError('page_token_invalid', { token })
  return Number(token)
}
