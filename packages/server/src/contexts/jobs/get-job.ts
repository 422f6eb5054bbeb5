import { FabriqueError, type Job, JobQuery } from '@fabrique/contract'
import { z } from 'zod'
import { isAfter, pageOf, readVerb } from '../../platform/index.js'
import { language } from './start-job.js'
import { type JobRow, jobTables, toJob } from './store.js'

/** One job; throws `job_not_found`. */
export const getJob = readVerb({
  name: 'jobs.get_job',
  permission: 'jobs.read',
  input: z.object({ job: z.string(), language }),
  async run({ ctx, input }): Promise<Job> {
    const row = await jobTables(ctx).selectFrom('jobs').selectAll().where('id', '=', input.job).executeTakeFirst()
    if (row === undefined) throw new FabriqueError('job_not_found', { job: input.job })
    return toJob(row as JobRow, input.language)
  },
})

/** A page of jobs, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listJobs = readVerb({
  name: 'jobs.list_jobs',
  permission: 'jobs.read',
  input: JobQuery.extend({ language }),
  async run({ ctx, input }): Promise<{ items: Job[]; next_page_token?: string }> {
    const tables = jobTables(ctx)
    let query = tables
      .selectFrom('jobs')
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    for (const column of ['kind', 'project', 'subject', 'state'] as const) {
      const value = input[column]
      if (value !== undefined) query = query.where(column, '=', value)
    }
    if (input.page_token !== undefined) {
      const last = await tables.selectFrom('jobs').selectAll().where('id', '=', input.page_token).executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token: input.page_token })
      query = query.where(isAfter('created_at', { id: last.id, at: last.created_at }))
    }
    const { shown, next } = pageOf(await query.execute(), input.limit)
    return { items: shown.map((row) => toJob(row as JobRow, input.language)), ...next }
  },
})
