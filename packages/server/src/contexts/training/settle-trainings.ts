import type { EventMessage } from '@fabrique/contract'
import { z } from 'zod'
import { retry } from '../../kernel/index.js'
import { databaseAway, type EventStream, taskVerb, type VerbContext } from '../../platform/index.js'
import { listJobs } from '../jobs/index.js'
import { getRun, logBatch, updateRun } from '../tracking/index.js'
import { entries } from './run-records.js'
import { trainingJobKind } from './start-training.js'

/**
 * Closes the run of a training whose job ended without it: cancelled before a worker took it, or given up. A run that has ended stays.
 */
export const settleTraining = taskVerb({
  name: 'training.settle_training',
  permission: 'runs.write',
  input: z.object({
    run_id: z.string(),
    state: z.enum(['cancelled', 'failed']),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  async run({ ctx, input }): Promise<void> {
    const { info } = await getRun({ ctx, input: { run_id: input.run_id } })
    if (info.lifecycle_stage !== 'active' || (info.status !== 'SCHEDULED' && info.status !== 'RUNNING')) return
    if (input.error !== undefined) {
      const { code, message } = input.error
      const tags = entries({ 'fabrique.error_code': code, 'fabrique.error': message })
      await logBatch({ ctx, input: { run_id: input.run_id, tags } })
    }
    const status = input.state === 'cancelled' ? 'KILLED' : 'FAILED'
    await updateRun({ ctx, input: { run_id: input.run_id, status, end_time: ctx.clock.now().getTime() } })
  },
})

/** Jobs that are looked at again at a start, of each state, newest first. */
const lookedAtMax = 100

/** Keeps the runs of trainings in line with their jobs, those that ended while no one looked included. Returns the end. */
export function settleTrainings(ctx: VerbContext, events: Pick<EventStream, 'subscribe'>): () => Promise<void> {
  const ending = new AbortController()
  let last: Promise<void> = Promise.resolve()
  const settleThese = async (limit: number) => {
    for (const state of ['cancelled', 'failed'] as const) {
      const { items } = await listJobs({ ctx, input: { kind: trainingJobKind, state, limit } })
      for (const { subject, error } of items) {
        const runId = subject.replace(/^runs\//, '')
        await settleTraining({ ctx, input: { run_id: runId, state, ...(error === undefined ? {} : { error }) } })
      }
    }
  }
  const settleNewest = (limit: number) => {
    last = last
      .then(() => retry(() => settleThese(limit), { ...databaseAway, signal: ending.signal }))
      .catch((error: unknown) => ctx.log.warn({ err: error }, 'The runs of ended trainings could not be settled'))
  }
  const settle = (batch: readonly EventMessage[]) => {
    const ended = batch.filter(
      ({ kind, payload }) =>
        kind === 'job.changed' &&
        payload.kind === trainingJobKind &&
        (payload.state === 'cancelled' || payload.state === 'failed'),
    )
    if (ended.length > 0) settleNewest(Math.min(lookedAtMax, Math.max(20, ended.length)))
  }
  // Those that ended before are looked at once it is known from where on events come: none falls between the two.
  const unsubscribe = events.subscribe(settle, undefined, () => settleNewest(lookedAtMax))
  return async () => {
    unsubscribe()
    ending.abort()
    await last
  }
}
