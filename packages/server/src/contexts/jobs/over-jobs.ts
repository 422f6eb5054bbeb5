import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { jobTables } from './store.js'

/** Which of some jobs are over; one that does not exist is. */
export const overJobs = readVerb({
  name: 'jobs.over_jobs',
  permission: 'jobs.read',
  input: z.object({ jobs: z.array(z.string()).max(1000) }),
  async run({ ctx, input }): Promise<ReadonlySet<string>> {
    if (input.jobs.length === 0) return new Set()
    const open = await jobTables(ctx)
      .selectFrom('jobs')
      .select('id')
      .where('id', 'in', input.jobs)
      .where('state', 'in', ['queued', 'running'])
      .execute()
    const ids = new Set(open.map(({ id }) => id))
    return new Set(input.jobs.filter((job) => !ids.has(job)))
  },
})
