import type { FlowStateType, Language, LoopRun, LoopState } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { type StoredError, tellStoredError } from '../jobs/index.js'

type LoopTables = {
  loop_runs: {
    flow_run_id: string
    project: string
    model: string
    stage: LoopRun['stage']
    requested_at: Date
    result: string
  }
  flow_runs: {
    id: string
    state_type: FlowStateType
    requested_by: string
    reason: string
    started_at: Date | null
    ended_at: Date | null
    error: string | null
  }
}

export const loopTables = (ctx: VerbContext) => ctx.db.withTables<LoopTables>()

const loopRuns = (ctx: VerbContext) =>
  loopTables(ctx)
    .selectFrom('loop_runs as loop')
    .innerJoin('flow_runs as run', 'run.id', 'loop.flow_run_id')
    .select(['run.id', 'loop.project', 'loop.model', 'loop.stage', 'loop.requested_at', 'loop.result'])
    .select(['run.state_type', 'run.requested_by', 'run.reason', 'run.started_at', 'run.ended_at', 'run.error'])

interface LoopRunRow {
  readonly id: string
  readonly project: string
  readonly model: string
  readonly state_type: FlowStateType
  readonly stage: LoopRun['stage']
  readonly requested_by: string
  readonly reason: string
  readonly requested_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  /** The driver parses JSON; both were checked when they were written. */
  readonly error: unknown
  readonly result: unknown
}

const told = (stored: StoredError, language: Language) => ({
  ...tellStoredError(stored, language),
  params: { ...stored.params },
})

/** What a run has made, with the reason of a promotion in both languages; older runs have the English one. */
type StoredResult = LoopRun['result'] & { readonly reason_fr?: string }

function toldResult({ reason_fr, ...result }: StoredResult, language: Language): LoopRun['result'] {
  return language === 'fr' && reason_fr !== undefined ? { ...result, reason: reason_fr } : result
}

function stateOf({ state_type, started_at, ended_at }: LoopRunRow): LoopState {
  if (state_type === 'COMPLETED') return 'succeeded'
  if (ended_at !== null) return 'failed'
  return started_at === null ? 'queued' : 'running'
}

function errorOf(row: LoopRunRow): StoredError | undefined {
  if (row.error !== null && row.state_type !== 'SCHEDULED') return row.error as StoredError
  return row.state_type === 'CANCELLED' ? { code: 'flow_run_cancelled', params: { flow_run: row.id } } : undefined
}

function toLoopRun(row: LoopRunRow, language: Language): LoopRun {
  const error = errorOf(row)
  return {
    id: row.id,
    project: row.project,
    model: row.model,
    flow: 'loop',
    state: stateOf(row),
    stage: row.stage,
    requested_at: row.requested_at.toISOString(),
    ...(row.started_at === null ? {} : { started_at: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
    requested_by: row.requested_by,
    reason: row.reason,
    ...(error === undefined ? {} : { error: told(error, language) }),
    result: toldResult(row.result as StoredResult, language),
  }
}

/** One run of a loop, or undefined. */
export async function findLoopRun(ctx: VerbContext, id: string, language: Language): Promise<LoopRun | undefined> {
  const row = await loopRuns(ctx).where('loop.flow_run_id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toLoopRun(row, language)
}

/** The newest run of the loop of a model, or undefined. */
export async function newestLoopRun(
  ctx: VerbContext,
  of: { readonly project: string; readonly model: string },
  language: Language,
): Promise<LoopRun | undefined> {
  const row = await loopRuns(ctx)
    .where('loop.project', '=', of.project)
    .where('loop.model', '=', of.model)
    .orderBy('loop.requested_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? undefined : toLoopRun(row, language)
}
