import { FabriqueError, type FlowRun, type Json } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { assert } from '../../../kernel/index.js'
import { changeVerb, type Db } from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { requestLoop } from '../request-loop.js'
import { getFlowRun, language } from './get-run.js'
import { type EarlierStep, keptSteps } from './kept-steps.js'

interface EarlierRun {
  readonly project: string
  readonly flow: string
  readonly params: Readonly<Record<string, Json>>
  readonly model: string | null
  readonly priority: number
  readonly tags: readonly string[]
  readonly event: Json | null
  readonly state_type: string
  readonly state_name: string
  readonly is_over: boolean
}

/**
 * Runs an ended run again, as a new run with the same parameters: from the steps that did not complete, from a step, or from the start.
 * What completed before these is taken over. The newest code runs it. Throws `flow_run_not_found`, `flow_run_is_open`,
 * `flow_run_not_failed`, `flow_step_not_found`.
 */
export const retryFlowRun = changeVerb({
  name: 'flows.retry_flow_run',
  permission: 'flows.write',
  input: z.object({
    flow_run: z.string(),
    from: z.enum(['failed', 'start']).default('failed'),
    step: z.string().optional(),
    reason: z.string().max(500).default(''),
    language,
  }),
  async run({ ctx, input, unchanged }): Promise<FlowRun> {
    const { flow_run, reason, step } = input
    const earlier = await readEarlier(ctx.db, flow_run)
    if (!earlier.is_over) throw new FabriqueError('flow_run_is_open', { flow_run, state: earlier.state_name })
    // The change is recorded where the run is made.
    unchanged()
    const { project, flow, model } = earlier
    if (flow === 'loop' && model !== null) {
      // The loop of a model begins anew: each of its steps knows what is there already.
      const { id } = await requestLoop({ ctx, input: { project, model, reason, language: input.language } })
      return getFlowRun({ ctx, input: { flow_run: id, language: input.language } })
    }
    const kept = input.from === 'start' && step === undefined ? [] : await readKept(ctx.db, flow_run, earlier, step)
    const { id } = await enqueueRun(ctx, {
      project,
      flow,
      params: earlier.params,
      origin: 'retry',
      originOf: flow_run,
      priority: earlier.priority,
      tags: earlier.tags,
      scheduledFor: ctx.clock.now(),
      reason,
      ...(earlier.event === null ? {} : { event: earlier.event }),
    })
    await copySteps(ctx.db, { from: flow_run, to: id, names: kept })
    return getFlowRun({ ctx, input: { flow_run: id, language: input.language } })
  },
})

async function readEarlier(db: Db, flow_run: string): Promise<EarlierRun> {
  const { rows } = await sql<EarlierRun>`
    select project, flow, params, model, priority, tags, event, state_type, state_name, ended_at is not null as is_over
    from flow_runs where id = ${flow_run}
  `.execute(db)
  if (rows[0] === undefined) throw new FabriqueError('flow_run_not_found', { flow_run })
  return rows[0]
}

async function readKept(
  db: Db,
  flow_run: string,
  earlier: EarlierRun,
  step: string | undefined,
): Promise<readonly string[]> {
  if (step === undefined && earlier.state_type === 'COMPLETED') {
    throw new FabriqueError('flow_run_not_failed', { flow_run })
  }
  const { rows } = await sql<EarlierStep>`
    select name, map, after, state_type = 'COMPLETED' as "isCompleted" from flow_steps where run_id = ${flow_run} order by position
  `.execute(db)
  if (step !== undefined && !rows.some(({ name }) => name === step)) {
    throw new FabriqueError('flow_step_not_found', { flow_run, step })
  }
  return keptSteps(rows, step)
}

async function copySteps(
  db: Db,
  { from, to, names }: { readonly from: string; readonly to: string; readonly names: readonly string[] },
): Promise<void> {
  const { numAffectedRows } = await sql`
    insert into flow_steps (run_id, name, kind, map, position, state_type, state_name, started_at, ended_at, after, child_run, job,
      approval, progress, result, taken_from)
    select ${to}, name, kind, map, position, state_type, state_name, started_at, ended_at, after, child_run, job, approval, progress,
      result, coalesce(taken_from, run_id)
    from flow_steps where run_id = ${from} and name = any(${[...names]}::text[])
  `.execute(db)
  assert(Number(numAffectedRows) === names.length, 'A step that is taken over went missing')
}
