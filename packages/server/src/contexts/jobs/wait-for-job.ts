import { type ErrorCode, type ErrorParams, FabriqueError, type Job } from '@fabrique/contract'
import { z } from 'zod'
import { pollUntil } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { getJob } from './get-job.js'
import { language } from './start-job.js'
import { jobTables, type StoredError } from './store.js'

/** Waits until a job is over or the time is up. Throws the error of one that failed, `job_cancelled`, `job_not_found`. */
export const waitForJob = readVerb({
  name: 'jobs.wait_for_job',
  permission: 'jobs.read',
  input: z.object({ job: z.string(), wait_ms: z.number().min(0), language }),
  async run({ ctx, input }): Promise<Job> {
    const { wait_ms: waitMs, ...asked } = input
    const { clock } = ctx
    const isOver = ({ state }: Job) => state !== 'queued' && state !== 'running'
    const job = await pollUntil(() => getJob({ ctx, input: asked }), isOver, { clock, waitMs })
    if (job.state === 'cancelled') throw new FabriqueError('job_cancelled', { job: job.id })
    if (job.state !== 'failed') return job
    const row = await jobTables(ctx).selectFrom('jobs').select('error').where('id', '=', job.id).executeTakeFirst()
    throw failureOf(row?.error)
  },
})

/** The driver parses jsonb, which was checked when it was written. */
function failureOf(stored: unknown): FabriqueError {
  const { code, params } = stored as StoredError
  return new FabriqueError(code, params as ErrorParams<ErrorCode>)
}
