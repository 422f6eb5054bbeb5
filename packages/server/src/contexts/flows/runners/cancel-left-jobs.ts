import { sql } from 'kysely'
import { type Db, type EventStream, systemActor, type VerbContext } from '../../../platform/index.js'
import { cancelJobsOf } from '../../jobs/index.js'

/**
 * Jobs that a run has asked for are of no use once it was cancelled or failed: they are asked to stop, but for those that another run
 * waits for. Gives what ends that.
 */
export function cancelLeftJobs(ctx: VerbContext, events: EventStream): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  const cancel = async (run: string) => {
    try {
      const requested_by = systemActor(run).id
      await cancelJobsOf({
        ctx,
        input: { requested_by, kept: await heldByOthers(ctx.db, run), reason: `${run} is over` },
      })
    } catch (error) {
      ctx.log.warn({ flow_run: run, err: error }, 'The jobs of a run that is over were not cancelled')
    }
  }
  const unsubscribe = events.subscribe((heard) => {
    for (const { kind, payload } of heard) {
      if (kind !== 'flow_run.changed' || !isLost.has(String(payload.state))) continue
      const run = String(payload.flow_run_id)
      last = last.then(() => cancel(run))
    }
  })
  return async () => {
    unsubscribe()
    await last
  }
}

/** Ends after which nobody takes what a job gives. */
const isLost: ReadonlySet<string> = new Set(['CANCELLED', 'FAILED', 'CRASHED'])

async function heldByOthers(db: Db, run: string): Promise<string[]> {
  const { rows } = await sql<{ job: string }>`
    select distinct step.job from flow_runs other join flow_steps step on step.run_id = other.id
    where other.ended_at is null and other.id <> ${run} and step.job is not null and step.ended_at is null
  `.execute(db)
  return rows.map(({ job }) => job)
}
