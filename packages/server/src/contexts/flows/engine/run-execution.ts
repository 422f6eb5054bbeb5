import { createHash } from 'node:crypto'
import { FabriqueError, isFabriqueError, type Json } from '@fabrique/contract'
import { canonicalJson } from '../../../kernel/index.js'
import type { Db, VerbContext } from '../../../platform/index.js'
import type { TakenRun } from './claim-runs.js'
import type { ExecutionEnd } from './decide-end.js'
import { type EndTools, endRun } from './end-run.js'
import type { RunEnd } from './model.js'
import { type OpenSession, openSession } from './run-session.js'
import { query } from './statements.js'
import { cacheResult, type StepWrites } from './step-writes.js'

export interface ExecutionTools extends EndTools {
  readonly ctx: VerbContext
  readonly db: Db
  readonly writes: StepWrites
  readonly onChange: (run: string) => void
  readonly slotFreed: () => Promise<void>
}

interface Execution {
  readonly worker: string
  readonly abort: AbortController
  readonly gone: AbortController
}

/** Longest delay of a timer. */
const timerMsMax = 2 ** 31 - 1

/** Carries one execution of a claimed run out, and writes how it ended. Never throws. */
export async function execute(tools: ExecutionTools, taken: TakenRun, own: Execution): Promise<void> {
  const { ctx, db, writes, onChange, slotFreed } = tools
  const { abort, gone } = own
  const { id } = taken.run
  const timeOut = () => abort.abort(new FabriqueError('flow_run_timed_out', { flow_run: id }))
  const timer =
    taken.leftMs === undefined ? undefined : setTimeout(timeOut, Math.min(Math.max(0, taken.leftMs), timerMsMax))
  const open = openSession({ db, writes, taken, ...own, onChange, slotFreed })
  try {
    if (taken.isCancelled) abort.abort(new FabriqueError('flow_run_cancelled', { flow_run: id }))
    else if (taken.leftMs !== undefined && taken.leftMs <= 0) timeOut()
    const end = await endOf(tools, taken, open, abort.signal)
    await open.session.flush()
    const flow = { ...taken.flow, isChild: taken.run.origin === 'flow' }
    await open.attempt(() => endRun(tools, open.claim, flow, end))
    onChange(id)
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'flow_run_taken_over') {
      ctx.log.warn(
        { code: error.code, flow_run: id, worker: own.worker },
        'A late write of a run that was taken over was refused',
      )
    } else if (!gone.signal.aborted)
      ctx.log.error({ flow_run: id, err: error }, 'The end of a run could not be written')
  } finally {
    clearTimeout(timer)
    // Nothing more of it is written, whatever its executor left behind.
    gone.abort(new FabriqueError('flow_run_taken_over', { flow_run: id }))
  }
}

async function endOf(
  tools: ExecutionTools,
  taken: TakenRun,
  open: OpenSession,
  signal: AbortSignal,
): Promise<ExecutionEnd> {
  const { run, flow } = taken
  const key = flow.cacheMs === undefined ? undefined : cacheKey(taken)
  if (key !== undefined && taken.isFirst) {
    const find = 'select result from flow_cache where key = $1 and expires_at > clock_timestamp()'
    const [known] = await open.attempt(() => query<{ result: string }>(tools.db, find, [key]))
    if (known !== undefined) return { kind: 'completed', result: toJson(known.result), isCached: true }
  }
  const end = await flow.execute(open.session).catch((error: unknown): RunEnd => {
    tools.ctx.log.error({ flow_run: run.id, err: error }, 'The execution of a run failed')
    const { code, params } = new FabriqueError('flow_run_interrupted', {
      reason: error instanceof Error ? error.message : String(error),
    })
    return { kind: 'crashed', failure: { code, params } }
  })
  if (end.kind === 'completed') {
    const { cacheMs } = flow
    if (key !== undefined && cacheMs !== undefined) {
      await open.attempt(() => cacheResult(tools.db, key, JSON.stringify(end.result), run.id, cacheMs))
    }
    return end
  }
  const { reason } = signal
  if (!signal.aborted || !isFabriqueError(reason)) return end
  if (reason.code === 'flow_run_timed_out')
    return { kind: 'timed_out', failure: { code: reason.code, params: reason.params } }
  return reason.code === 'flow_worker_stopping' ? { kind: 'released' } : end
}

const cacheKey = ({ run }: TakenRun) =>
  createHash('sha256')
    .update(canonicalJson([run.project, run.flow, run.version, run.params]))
    .digest('hex')

/** Was written from JSON. */
function toJson(text: string): Json {
  return JSON.parse(text)
}
