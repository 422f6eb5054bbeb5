import { FabriqueError } from '@fabrique/contract'
import type { Db } from '../../../platform/index.js'
import type { StepEnd } from './model.js'
import { query } from './statements.js'
import { type EndedRow, endOfRow } from './step-states.js'

/** How a run ended, for a step that waits for it; undefined while it is open. Throws `flow_run_not_found`. */
export async function runOutcome(db: Db, run: string): Promise<StepEnd | undefined> {
  const [row] = await query<EndedRow & { is_over: boolean }>(
    db,
    `select flow as name, state_type, state_name, result::text as result, error, ended_at is not null as is_over
     from flow_runs where id = $1`,
    [run],
  )
  if (row === undefined) throw new FabriqueError('flow_run_not_found', { flow_run: run })
  if (!row.is_over) return undefined
  const end = endOfRow(row)
  if (end.kind !== 'cancelled') return end
  return { kind: 'cancelled', failure: { code: 'flow_run_cancelled', params: { flow_run: run } } }
}
