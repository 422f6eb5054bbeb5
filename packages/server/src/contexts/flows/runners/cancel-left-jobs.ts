import { retry } from '../../../kernel/index.js'
import { type Db, databaseAway, type EventStream, systemActor, type VerbContext } from '../../../platform/index.js'
import { cancelJobsOf } from '../../jobs/index.js'
import { query } from '../engine/statements.js'

/**
 * Jobs that a run has asked for are of no use once it was cancelled or failed: they are asked to stop, but for those that another run
 * waits for. Gives what ends that.
 */
export function cancelLeftJobs(ctx: VerbContext, events: EventStream): () => Promise<void> {
  const ending = new AbortController()
  let last: Promise<void> = Promise.resolve()
  const cancel = async (run: string) => {
    const requested_by = systemActor(run).id
    const kept = await heldByOthers(ctx.db, run)
    await cancelJobsOf({ ctx, input: { requested_by, kept, reason: `${run} is over` } })
  }
  const unsubscribe = events.subscribe((heard) => {
    for (const { kind, payload } of heard) {
      if (kind !== 'flow_run.changed' || !isLost.has(String(payload.state))) continue
      const run = String(payload.flow_run_id)
      last = last
        .then(() => retry(() => cancel(run), { ...databaseAway, signal: ending.signal }))
        .catch((error: unknown) => {
          ctx.log.warn({ flow_run: run, err: error }, 'The jobs of a run that is over were not cancelled')
        })
    }
  })
  return async () => {
    unsubscribe()
    ending.abort()
    await last
  }
}

/** Ends after which nobody takes what a job gives. */
const isLost: ReadonlySet<string> = new Set(['CANCELLED', 'FAILED', 'CRASHED'])

async function heldByOthers(db: Db, run: string): Promise<string[]> {
  const rows = await query<{ job: string }>(
    db,
    `select distinct step.job from flow_runs other join flow_steps step on step.run_id = other.id
     where other.ended_at is null and other.id <> $1 and step.job is not null and step.ended_at is null`,
    [run],
  )
  return rows.map(({ job }) => job)
}
