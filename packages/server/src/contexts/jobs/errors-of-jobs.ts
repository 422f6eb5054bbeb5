import type { Job } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { language } from './start-job.js'
import { jobTables, type StoredError, tellStoredError } from './store.js'

/** Why some jobs failed, by job; those that did not are left out. */
export const errorsOfJobs = readVerb({
  name: 'jobs.errors_of_jobs',
  permission: 'jobs.read',
  input: z.object({ jobs: z.array(z.string()).max(1000), language }),
  async run({ ctx, input }): Promise<ReadonlyMap<string, NonNullable<Job['error']>>> {
    if (input.jobs.length === 0) return new Map()
    const rows = await jobTables(ctx)
      .selectFrom('jobs')
      .select(['id', 'error'])
      .where('id', 'in', input.jobs)
      .where('error', 'is not', null)
      .execute()
    return new Map(rows.map(({ id, error }) => [id, tellStoredError(toStored(error), input.language)]))
  },
})

/** The driver parses jsonb, which was checked when it was written. */
function toStored(error: unknown): StoredError {
  return error as StoredError
}
