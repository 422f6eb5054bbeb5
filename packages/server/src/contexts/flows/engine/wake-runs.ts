import type { Db } from '../../../platform/index.js'
import { notifyWorkers, query } from './statements.js'

// Without a look at the worker in the condition: the lock is waited for, and the newest row decides. A run that is being suspended at
// the same time then either is woken here, or sees what happened when it looks for what it waits for.
const wake = `
  update flow_runs set
    ready_at = case when worker_id is null and state_type = 'PAUSED' then clock_timestamp() else ready_at end,
    wait = case when worker_id is null and state_type = 'PAUSED' then null else wait end,
    state_name = case when worker_id is null and state_type = 'PAUSED' then 'Resuming' else state_name end,
    state_type = case when worker_id is null and state_type = 'PAUSED' then 'SCHEDULED' else state_type end
  where id = any($1::text[]) and ended_at is null`

/** Makes suspended runs ready, in the transaction of what they wait for. Others stay as they are. */
export async function wakeRuns(tx: Db, runs: readonly string[]): Promise<void> {
  if (runs.length === 0) return
  await query(tx, wake, [[...runs].sort()])
  await notifyWorkers(tx, 'ready')
}

const parentsOf = 'select distinct run_id from flow_steps where child_run = any($1::text[]) and ended_at is null'

/** Locks the runs that wait for these: before the children themselves, so that no two wait for each other. */
export async function lockParents(tx: Db, children: readonly string[]): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    tx,
    `select id from flow_runs where id in (${parentsOf}) order by id for no key update`,
    [children],
  )
  return rows.map(({ id }) => id)
}

// The runs first, from an index of them: those that wait for anything else are many, and are not looked at.
const waitingForJobs = `
  with waiting as materialized (
    select id, state_type = 'PAUSED' and worker_id is null as is_suspended from flow_runs
    where waits_for_job and id > $1 order by id limit $2
  )
  select id, array(
    select job from flow_steps where is_suspended and run_id = waiting.id and job is not null and ended_at is null
  ) as jobs
  from waiting order by id`

const runsAtOnce = 1_000

/** Wakes the runs that wait for jobs that are over. */
export async function wakeAfterJobs(db: Db, isOver: (jobs: readonly string[]) => Promise<ReadonlySet<string>>) {
  for (let last = ''; ; ) {
    const runs = await query<{ id: string; jobs: readonly string[] }>(db, waitingForJobs, [last, runsAtOnce])
    const jobs = runs.flatMap((run) => run.jobs)
    const over = jobs.length === 0 ? new Set<string>() : await isOver(jobs)
    await wakeRuns(
      db,
      runs.filter((run) => run.jobs.some((job) => over.has(job))).map(({ id }) => id),
    )
    const next = runs.at(-1)?.id
    if (next === undefined || runs.length < runsAtOnce) return
    last = next
  }
}
