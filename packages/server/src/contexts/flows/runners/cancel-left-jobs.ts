import { type EventStream, systemActor, type VerbContext } from '../../../platform/index.js'
import { cancelJobsOf } from '../../jobs/index.js'

/** Jobs that a run has asked for are of no use once it was cancelled or failed: they are asked to stop. Gives what ends that. */
export function cancelLeftJobs(ctx: VerbContext, events: EventStream): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  const cancel = async (run: string) => {
    try {
      await cancelJobsOf({ ctx, input: { requested_by: systemActor(run).id, reason: `${run} is over` } })
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
