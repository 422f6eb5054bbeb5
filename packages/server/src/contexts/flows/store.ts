import type { FlowRun, FlowRunState, Language } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { type StoredError, tellStoredError } from '../jobs/index.js'

type FlowTables = {
  flow_runs: {
    id: string
    project: string
    model: string
    flow: string
    state: FlowRunState
    stage: FlowRun['stage']
    requested_by: string
    reason: string
    requested_at: Date
    started_at: Date | null
    ended_at: Date | null
    error: string | null
    result: string
  }
  workers: { id: string; host: string; pid: number; started_at: Date }
}

export const flowTables = (ctx: VerbContext) => ctx.db.withTables<FlowTables>()

export interface FlowRunRow {
  readonly id: string
  readonly project: string
  readonly model: string
  readonly state: FlowRunState
  readonly stage: FlowRun['stage']
  readonly requested_by: string
  readonly reason: string
  readonly requested_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  /** The driver parses jsonb; both were checked when they were written. */
  readonly error: unknown
  readonly result: unknown
}

const told = (stored: StoredError, language: Language) => ({
  ...tellStoredError(stored, language),
  params: { ...stored.params },
})

/** What a run has made, with the reason of a promotion in both languages; older runs have the English one. */
type StoredResult = FlowRun['result'] & { readonly reason_fr?: string }

function toldResult({ reason_fr, ...result }: StoredResult, language: Language): FlowRun['result'] {
  return language === 'fr' && reason_fr !== undefined ? { ...result, reason: reason_fr } : result
}

export function toFlowRun(row: FlowRunRow, language: Language): FlowRun {
  return {
    id: row.id,
    project: row.project,
    model: row.model,
    flow: 'loop',
    state: row.state,
    stage: row.stage,
    requested_at: row.requested_at.toISOString(),
    ...(row.started_at === null ? {} : { started_at: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
    requested_by: row.requested_by,
    reason: row.reason,
    ...(row.error === null ? {} : { error: told(row.error as StoredError, language) }),
    result: toldResult(row.result as StoredResult, language),
  }
}

/** The newest flow run of a model, or undefined. */
export async function newestFlowRun(
  ctx: VerbContext,
  of: { readonly project: string; readonly model: string },
  language: Language,
): Promise<FlowRun | undefined> {
  const row = await flowTables(ctx)
    .selectFrom('flow_runs')
    .selectAll()
    .where('project', '=', of.project)
    .where('model', '=', of.model)
    .orderBy('requested_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : toFlowRun(row as FlowRunRow, language)
}
