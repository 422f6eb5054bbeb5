import { FabriqueError, type Job, type Json, type Language } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { type JobRow, jobTables, toJob } from './store.js'

export const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/**
 * Asks for a job; a worker takes it. While one of this kind about the same subject is open, that one is the answer. Called by the
 * verbs that know what the input of their kind is and who may ask for it. Throws `job_open_already` where the input of the open one is
 * another and `refuses_other_input` is set.
 */
export const startJob = changeVerb({
  name: 'jobs.start_job',
  permission: 'jobs.write',
  input: z.object({
    kind: z.string(),
    project: z.string().optional(),
    subject: z.string(),
    input: z.custom<Json>(),
    refuses_other_input: z.boolean().default(false),
    reason: z.string().max(500).default(''),
    language,
  }),
  async run({ ctx, input, record, unchanged }): Promise<Job> {
    const created = await jobTables(ctx)
      .insertInto('jobs')
      .values({
        id: ctx.ids.prefixed('job'),
        kind: input.kind,
        project: input.project ?? null,
        subject: input.subject,
        state: 'queued',
        input: JSON.stringify(input.input),
        reason: input.reason,
        requested_by: ctx.actor.id,
        cancel_requested: false,
        attempts: 0,
        created_at: ctx.clock.now(),
      })
      .onConflict((conflict) =>
        conflict.columns(['kind', 'subject']).where('state', 'in', ['queued', 'running']).doNothing(),
      )
      .returningAll()
      .executeTakeFirst()
    if (created === undefined) {
      unchanged()
      const open = await jobTables(ctx)
        .selectFrom('jobs')
        .selectAll()
        .where('kind', '=', input.kind)
        .where('subject', '=', input.subject)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow()
      if (input.refuses_other_input && canonicalJson((open as JobRow).input) !== canonicalJson(input.input)) {
        throw new FabriqueError('job_open_already', { job: open.id, kind: open.kind, subject: open.subject })
      }
      return toJob(open as JobRow, input.language)
    }
    const { id, kind, subject } = created
    await record({
      subject: `jobs/${id}`,
      event: 'job.changed',
      reason: input.reason,
      payload: { job_id: id, kind, subject, state: 'queued' },
    })
    return toJob(created as JobRow, input.language)
  },
})
