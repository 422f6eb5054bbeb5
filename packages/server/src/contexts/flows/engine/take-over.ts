import { limit } from '../../../kernel/index.js'
import type { Db } from '../../../platform/index.js'
import { releaseSlots, releaseUnheldSlots } from '../schedules/limits.js'
import { cancelRuns } from './cancel-runs.js'
import { closeSteps, interruptSteps } from './close-steps.js'
import { openChildren, versionIfBegun } from './end-run.js'
import { workerLock } from './leases.js'
import type { FlowFailure } from './model.js'
import { recordStates } from './record-states.js'
import { notifyWatchers, notifyWorkers, query, transact } from './statements.js'
import { failureText } from './step-states.js'
import { lockParents, wakeRuns } from './wake-runs.js'

/** Number of the advisory lock of the one worker that looks for lost ones. */
const scanLock = 7241

interface WorkerRow {
  readonly id: string
  readonly seen: string
}

// Whose lease is over; or whose connection is gone, and with it the lock, while two renewals did not come.
const findLost = `
  select id, lease_until::text as seen from flow_workers
  where ended_at is null and id <> $1 and (lease_until < clock_timestamp()
    or (lease_until < clock_timestamp() + $2 * interval '1 ms' and pg_try_advisory_xact_lock(${workerLock}, hashtext(id))))`

const declareLost = `
  update flow_workers set ended_at = clock_timestamp(), is_lost = true
  where id = $1 and ended_at is null and lease_until = $2::timestamptz returning id`

const runsOf = `
  select id, cancel_requested, crashes from flow_runs where worker_id = $1 and id || ' ' || epoch <> all($2::text[])
  order by id for no key update`

const resumeRuns = `
  update flow_runs set worker_id = null, epoch = epoch + 1, state_type = 'SCHEDULED', state_name = 'Resuming', ready_at = clock_timestamp(),
    take_overs = take_overs + 1, crashes = crashes + 1, version = ${versionIfBegun}
  where id = any($1::text[])`

const endRuns = `
  update flow_runs set worker_id = null, epoch = epoch + 1, state_type = $2, state_name = $3, ended_at = clock_timestamp(),
    take_overs = take_overs + 1, ready_at = null, wait = null, error = $4::json
  where id = any($1::text[])`

/**
 * Declares workers lost that have given no sign, and makes what they had ready for others. Gives the ids of the runs. From the commit on, a
 * late write of such a worker finds its claim gone. A worker whose lease has been renewed in between stays.
 */
export async function takeOverLost(db: Db, own: string, graceMs: number): Promise<readonly string[]> {
  return transact(db, async (tx) => {
    const [scan] = await query<{ is_mine: boolean }>(tx, 'select pg_try_advisory_xact_lock($1) as is_mine', [scanLock])
    if (scan?.is_mine !== true) return []
    const lost = await query<WorkerRow>(tx, findLost, [own, graceMs])
    const taken: string[] = []
    for (const { id, seen } of lost) {
      const declared = await query(tx, declareLost, [id, seen])
      const failure: FlowFailure = { code: 'flow_worker_died', params: { worker: id } }
      if (declared.length > 0) taken.push(...(await takeRuns(tx, { worker: id, atWork: [], failure })))
    }
    return taken
  })
}

/**
 * Makes ready what a living worker has and does not run: a claim whose answer was lost, an end that could not be written. `atWork` are the
 * ids of what it runs, each with its epoch. Gives the ids of the runs.
 */
export function takeLeft(db: Db, worker: string, atWork: readonly string[]): Promise<readonly string[]> {
  const failure: FlowFailure = { code: 'flow_run_interrupted', params: { reason: `it was left by worker ${worker}` } }
  return transact(db, (tx) => takeRuns(tx, { worker, atWork, failure }))
}

interface RunsToTake {
  readonly worker: string
  readonly atWork: readonly string[]
  readonly failure: FlowFailure
}

async function takeRuns(tx: Db, { worker, atWork, failure }: RunsToTake): Promise<readonly string[]> {
  const had = await query<{ id: string; cancel_requested: boolean; crashes: number }>(tx, runsOf, [worker, atWork])
  if (had.length === 0) return []
  const isPoison = (crashes: number) => crashes + 1 > limit('flows.crashes_max')
  const cancelled = had.filter(({ cancel_requested }) => cancel_requested).map(({ id }) => id)
  const open = had.filter(({ cancel_requested }) => !cancel_requested)
  const crashed = open.filter(({ crashes }) => isPoison(crashes)).map(({ id }) => id)
  const resumed = open.filter(({ crashes }) => !isPoison(crashes)).map(({ id }) => id)
  if (resumed.length > 0) {
    await query(tx, resumeRuns, [resumed])
    await interruptSteps(tx, resumed, 'crashed', failure)
    for (const run of resumed) await releaseUnheldSlots(tx, run)
  }
  await endTaken(tx, cancelled, 'CANCELLED', undefined)
  await endTaken(tx, crashed, 'CRASHED', failure)
  const all = had.map(({ id }) => id)
  await notifyWatchers(tx, all)
  await notifyWorkers(tx, 'ready')
  return all
}

async function endTaken(
  tx: Db,
  runs: readonly string[],
  state: 'CANCELLED' | 'CRASHED',
  failure: FlowFailure | undefined,
): Promise<void> {
  if (runs.length === 0) return
  const parents = await lockParents(tx, runs)
  const name = state === 'CRASHED' ? 'Crashed' : 'Cancelled'
  await query(tx, endRuns, [runs, state, name, failure === undefined ? null : failureText(failure)])
  await closeSteps(tx, runs, state, failure)
  for (const run of runs) await releaseSlots(tx, { run })
  await recordStates(tx, runs)
  await wakeRuns(tx, parents)
  for (const run of runs) await cancelRuns(tx, await openChildren(tx, run))
}
