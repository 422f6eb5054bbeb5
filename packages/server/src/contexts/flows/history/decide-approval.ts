import { DecideApproval, FabriqueError, type FlowStep } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { present } from '../../../kernel/index.js'
import { changeVerb } from '../../../platform/index.js'
import { idempotencyKey } from '../engine/begin-again.js'
import { notifyWatchers } from '../engine/statements.js'
import { wakeRuns } from '../engine/wake-runs.js'
import { paramsFault } from '../schedules/check-params.js'
import { getFlowRun, language } from './get-run.js'
import { expectRun } from './list-steps.js'
import { describeStep, readSteps, type StepRow } from './step-rows.js'

interface WaitingRow {
  readonly state_name: string
  readonly is_over: boolean
  readonly is_late: boolean
  readonly approval: StepRow['approval']
}

/**
 * Decides what a step waits for; the run goes on in the transaction of the decision. The values of an approval must fit its form. Throws
 * `flow_run_not_found`, `flow_step_not_found`, `flow_step_needs_no_approval`, `flow_approval_taken`, `flow_approval_late`,
 * `flow_approval_values_invalid`.
 */
export const decideApproval = changeVerb({
  name: 'flows.decide_approval',
  permission: 'flows.write',
  input: DecideApproval.extend({ flow_run: z.string(), step: z.string(), language }),
  async run({ ctx, input, record }): Promise<FlowStep> {
    const { flow_run, step, decision, values, comment } = input
    // The run before its step, as its worker locks them.
    await sql`select 1 from flow_runs where id = ${flow_run} for no key update`.execute(ctx.db)
    await expectRun(ctx.db, flow_run)
    const { rows } = await sql<WaitingRow>`
      select state_name, approval, ended_at is not null as is_over,
        coalesce((approval->>'until')::timestamptz < clock_timestamp(), false) as is_late
      from flow_steps where key = ${idempotencyKey(flow_run, step)}
    `.execute(ctx.db)
    const [row] = rows
    if (row === undefined) throw new FabriqueError('flow_step_not_found', { flow_run, step })
    const approval = openApproval(row, { flow_run, step })
    const fault =
      decision === 'approved' && approval.form !== undefined ? paramsFault(approval.form, values) : undefined
    if (fault !== undefined) {
      const field = fault.field === 'params' ? 'values' : fault.field
      const told = { flow_run, step, field, reason: fault.reason }
      throw new FabriqueError('flow_approval_values_invalid', told, { field: `values.${field}` })
    }
    const decided = { decision, values, comment, decided_by: ctx.actor.id, decided_at: ctx.clock.now().toISOString() }
    await sql`
      update flow_steps set approval = approval || ${JSON.stringify(decided)}::jsonb
      where key = ${idempotencyKey(flow_run, step)}
    `.execute(ctx.db)
    await wakeRuns(ctx.db, [flow_run])
    await notifyWatchers(ctx.db, [flow_run])
    const run = await getFlowRun({ ctx, input: { flow_run, language: input.language } })
    await record({
      subject: `flow-runs/${flow_run}`,
      event: 'flow_run.changed',
      reason: `${step}: ${decision}${comment === '' ? '' : `, ${comment}`}`.slice(0, 500),
      payload: {
        flow_run_id: flow_run,
        project: run.project,
        flow: run.flow,
        state: run.state.type,
        state_name: run.state.name,
      },
    })
    const [written] = await readSteps(ctx.db, flow_run, [step], 'small')
    return describeStep(present(written, 'decided step'), input.language)
  },
})

function openApproval(row: WaitingRow, of: { readonly flow_run: string; readonly step: string }) {
  const { approval } = row
  if (approval?.decision !== undefined) {
    throw new FabriqueError('flow_approval_taken', {
      ...of,
      decided_by: approval.decided_by ?? '',
      decision: approval.decision,
      decision_fr: approval.decision === 'approved' ? 'approuvée' : 'rejetée',
    })
  }
  if (row.is_late) throw new FabriqueError('flow_approval_late', { ...of, until: approval?.until ?? '' })
  if (approval === null || row.is_over) {
    throw new FabriqueError('flow_step_needs_no_approval', { ...of, state: row.state_name })
  }
  return approval
}
