import { isFabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { Db } from '../../../platform/index.js'
import { releaseSlots, releaseUnheldSlots } from '../schedules/limits.js'
import { cancelRuns } from './cancel-runs.js'
import { type Claim, takenOver } from './claim.js'
import { closeSteps, interruptSteps, reopenSteps } from './close-steps.js'
import { decideEnd, type ExecutionEnd, type RunAfter } from './decide-end.js'
import type { KnownFlow, RunEnd } from './model.js'
import { recordStates } from './record-states.js'
import { notifyWatchers, notifyWorkers, query, transact } from './statements.js'
import { failureText } from './step-states.js'
import { lockParents, wakeRuns } from './wake-runs.js'

export interface EndTools {
  readonly db: Db
  /** Which of the jobs are over. */
  readonly jobsOver: (jobs: readonly string[]) => Promise<ReadonlySet<string>>
  /** From 0 to 1. */
  readonly chance: () => number
  /** A run was left that goes on after so long. */
  readonly onDue: (inMs: number) => void
}

/** What of a flow and its run decides what is to be done at an end. */
export interface EndedFlow extends Pick<KnownFlow, 'retry' | 'concurrency'> {
  /** Whether a step of another run may wait for it. */
  readonly isChild: boolean
}

interface HeldRow {
  readonly attempt: number
  readonly crashes: number
  readonly cancel_requested: boolean
  readonly is_late: boolean
}

const hold = `
  select attempt, crashes, cancel_requested, coalesce(deadline_at <= clock_timestamp(), false) as is_late
  from flow_runs where id = $1 and worker_id = $2 and epoch = $3 for no key update`

/**
 * Writes what an execution ended with, in one transaction with all that follows of it: its steps, slots, events, those who wait for it.
 * Gives what the run is now. Throws `flow_run_taken_over`.
 */
export async function endRun(
  tools: EndTools,
  claim: Claim,
  flow: EndedFlow,
  end: ExecutionEnd,
): Promise<RunAfter['kind']> {
  try {
    return await transact(tools.db, (tx) => writeEnd(tools, tx, claim, flow, end))
  } catch (error) {
    // A result that the database does not take must not keep the run for ever.
    if (end.kind !== 'completed' || !isFabriqueError(error) || error.code !== 'invalid_request') throw error
    const failure = { code: error.code, params: error.params }
    return transact(tools.db, (tx) => writeEnd(tools, tx, claim, flow, { kind: 'failed', failure, isFinal: true }))
  }
}

async function writeEnd(
  tools: EndTools,
  tx: Db,
  claim: Claim,
  flow: EndedFlow,
  end: ExecutionEnd,
): Promise<RunAfter['kind']> {
  const { run } = claim
  const parents = flow.isChild ? await lockParents(tx, [run]) : []
  const [row] = await query<HeldRow>(tx, hold, [run, claim.worker, claim.epoch])
  if (row === undefined) return kindBefore(tx, claim)
  const after = decideEnd(run, end, {
    attempt: row.attempt,
    crashes: row.crashes,
    crashesMax: limit('flows.crashes_max'),
    isCancelled: row.cancel_requested,
    isLate: row.is_late,
    retry: flow.retry,
    chance: tools.chance(),
  })
  switch (after.kind) {
    case 'over':
      await writeOver(tx, run, after)
      await endFollows(tx, run, after, parents)
      if (flow.concurrency !== undefined) await notifyWorkers(tx, 'ready')
      break
    case 'suspended':
      await writeSuspended(tools, tx, run, after, end.kind === 'suspended' ? end : { kind: 'suspended', waits: [] })
      break
    case 'again':
      // First, so that steps that are to be done again bind no version.
      await reopenSteps(tx, run)
      await query(
        tx,
        `update flow_runs set worker_id = null, state_type = 'SCHEDULED', state_name = 'AwaitingRetry', attempt = attempt + 1,
           ready_at = clock_timestamp() + $2 * interval '1 ms', deadline_at = null, error = $3::json, version = ${versionIfBegun}
         where id = $1`,
        [run, after.delayMs, failureText(after.failure)],
      )
      tools.onDue(after.delayMs)
      break
    case 'resuming':
      await query(tx, resume, [run, after.isCrash, after.failure === undefined ? null : failureText(after.failure)])
      await interruptSteps(tx, [run], after.isCrash ? 'crashed' : 'cancelled', after.failure)
      await notifyWorkers(tx, 'ready')
      break
  }
  // By what the steps are now.
  if (after.kind === 'over' || after.kind === 'again') await releaseSlots(tx, { run })
  else await releaseUnheldSlots(tx, run)
  await notifyWatchers(tx, [run])
  return after.kind
}

/** Without a finished step no version is bound to it. */
export const versionIfBegun = `case when exists (select from flow_steps where run_id = flow_runs.id and ended_at is not null)
  then version end`

const resume = `
  update flow_runs set worker_id = null, state_type = 'SCHEDULED', state_name = 'Resuming', ready_at = clock_timestamp(),
    crashes = crashes + $2::boolean::integer, error = coalesce($3::json, error), version = ${versionIfBegun}
  where id = $1`

/** An end whose answer was lost is written already; anything else that changed the row is another worker. */
async function kindBefore(tx: Db, { run, epoch }: Claim): Promise<RunAfter['kind']> {
  const [row] = await query<{ is_over: boolean; is_suspended: boolean }>(
    tx,
    `select ended_at is not null as is_over, state_type = 'PAUSED' as is_suspended from flow_runs
     where id = $1 and epoch = $2 and worker_id is null`,
    [run, epoch],
  )
  if (row === undefined) throw takenOver(run)
  return row.is_over ? 'over' : row.is_suspended ? 'suspended' : 'resuming'
}

const over = `
  update flow_runs set worker_id = null, state_type = $2, state_name = $3, ended_at = clock_timestamp(), result = $4::json,
    error = $5::json, ready_at = null, wait = null, waits_for_limit = null, waits_for_job = false, crashes = crashes + $6::boolean::integer
  where id = $1`

async function writeOver(tx: Db, run: string, after: RunAfter & { kind: 'over' }): Promise<void> {
  await query(tx, over, [
    run,
    after.state.type,
    after.state.name,
    after.result === undefined ? null : JSON.stringify(after.result),
    after.failure === undefined ? null : failureText(after.failure),
    after.isCrash === true,
  ])
}

async function endFollows(
  tx: Db,
  run: string,
  after: RunAfter & { kind: 'over' },
  parents: readonly string[],
): Promise<void> {
  await closeSteps(tx, [run], after.isCrash === true ? 'CRASHED' : 'CANCELLED', after.failure)
  await recordStates(tx, [run])
  await wakeRuns(tx, parents)
  // Nobody waits for the children of a run that did not come to its end.
  if (after.state.type !== 'COMPLETED') await cancelRuns(tx, await openChildren(tx, run))
}

export async function openChildren(tx: Db, run: string): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    tx,
    `select child.id from flow_runs child where child.ended_at is null
     and child.id in (select child_run from flow_steps where run_id = $1 and child_run is not null) order by child.id`,
    [run],
  )
  return rows.map(({ id }) => id)
}

const suspend = `
  update flow_runs set worker_id = null, state_type = $2, state_name = $3, wait = $4, waits_for_limit = $5,
    waits_for_job = $7, ready_at = least($6::timestamptz, deadline_at), version = ${versionIfBegun}
  where id = $1
  returning extract(epoch from ready_at - clock_timestamp())::float8 * 1000 as due_in_ms`

const isThere = `
  select exists (select from flow_runs where id = any($2::text[]) and ended_at is not null)
    or exists (select from flow_steps where run_id = $1 and ended_at is null and approval ->> 'decision' is not null) as is_there`

/**
 * The row is written, and so locked, before it is looked whether what it waits for is there already: whoever brings it about afterwards
 * finds the run suspended, and wakes it.
 */
async function writeSuspended(
  tools: EndTools,
  tx: Db,
  run: string,
  after: RunAfter & { kind: 'suspended' },
  { waits }: RunEnd & { kind: 'suspended' },
): Promise<void> {
  const moments = waits.flatMap((wait) =>
    (wait.kind === 'moment' || wait.kind === 'approval') && wait.until !== undefined ? [wait.until.getTime()] : [],
  )
  const jobs = waits.flatMap((wait) => (wait.kind === 'job' ? wait.job : []))
  const until = waits.length === 0 ? 0 : Math.min(...moments)
  const [suspended] = await query<{ due_in_ms: number | null }>(tx, suspend, [
    run,
    after.state.type,
    after.state.name,
    JSON.stringify(after.wait),
    after.limit ?? null,
    Number.isFinite(until) ? new Date(until) : null,
    jobs.length > 0,
  ])
  if (suspended?.due_in_ms != null) tools.onDue(suspended.due_in_ms)
  await interruptSteps(tx, [run], 'cancelled')
  const children = waits.flatMap((wait) => (wait.kind === 'run' ? wait.run : []))
  // One that is just ending may have looked who waits for it before the step was written: its end is waited for.
  if (children.length > 0) await query(tx, 'select from flow_runs where id = any($1) order by id for share', [children])
  const [row] = await query<{ is_there: boolean }>(tx, isThere, [run, children])
  if (row?.is_there === true || (jobs.length > 0 && (await tools.jobsOver(jobs)).size > 0)) await wakeRuns(tx, [run])
  // A pause is for people to hear of; what waits for a moment or a child is not.
  if (after.state.name === 'Paused') await recordStates(tx, [run])
}
