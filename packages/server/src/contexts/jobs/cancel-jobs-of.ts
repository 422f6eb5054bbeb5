import { isFabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { taskVerb } from '../../platform/index.js'
import { cancelJob } from './cancel-job.js'
import { jobTables } from './store.js'

/** Asks all open jobs to stop that somebody has asked for, such as a run that is over, but for those that are kept: others wait for them. */
export const cancelJobsOf = taskVerb({
  name: 'jobs.cancel_jobs_of',
  permission: 'jobs.write',
  input: z.object({
    requested_by: z.string(),
    kept: z.array(z.string()).default([]),
    reason: z.string().max(500).default(''),
  }),
  async run({ ctx, input }): Promise<void> {
    const open = await jobTables(ctx)
      .selectFrom('jobs')
      .select('id')
      .where('requested_by', '=', input.requested_by)
      .where('state', 'in', ['queued', 'running'])
      .where('cancel_requested', '=', false)
      .execute()
    for (const { id } of open) {
      if (input.kept.includes(id)) continue
      try {
        await cancelJob({ ctx, input: { job: id, reason: input.reason } })
      } catch (error) {
        // It ended meanwhile.
        if (!isFabriqueError(error) || error.code !== 'job_is_over') throw error
      }
    }
  },
})
