import { FabriqueError, type Job } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { language } from './start-job.js'
import { type JobRow, jobTables, toJob } from './store.js'

/**
 * Asks a job to stop. One that waits is over at once; one that runs is over when its worker has cleared up. Throws `job_not_found`,
 * `job_is_over`.
 */
export const cancelJob = changeVerb({
  name: 'jobs.cancel_job',
  permission: 'jobs.write',
  input: z.object({ job: z.string(), reason: z.string().max(500).default(''), language }),
  async run({ ctx, input, record, unchanged }): Promise<Job> {
    const tables = jobTables(ctx)
    const row = await tables.selectFrom('jobs').selectAll().where('id', '=', input.job).forUpdate().executeTakeFirst()
    if (row === undefined) throw new FabriqueError('job_not_found', { job: input.job })
    if (row.state === 'cancelled' || (row.state === 'running' && row.cancel_requested)) {
      unchanged()
      return toJob(row as JobRow, input.language)
    }
    if (row.state !== 'queued' && row.state !== 'running') {
      throw new FabriqueError('job_is_over', { job: row.id, state: row.state })
    }
    const changed = await tables
      .updateTable('jobs')
      .set({
        cancel_requested: true,
        ...(row.state === 'queued' ? { state: 'cancelled' as const, ended_at: ctx.clock.now() } : {}),
      })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await record({
      subject: `jobs/${row.id}`,
      event: 'job.changed',
      reason: input.reason,
      payload: {
        job_id: row.id,
        kind: row.kind,
        subject: row.subject,
        state: row.state === 'queued' ? 'cancelled' : 'cancelling',
      },
    })
    return toJob(changed as JobRow, input.language)
  },
})
