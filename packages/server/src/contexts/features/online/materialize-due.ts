import { isFabriqueError, type Job } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { lastDue } from '../registry/cron.js'
import { readNewestViews } from '../registry/store.js'
import { type DropTools, dropUnserved } from './drop-unserved.js'
import { startMaterialize } from './start-materialize.js'

type ScheduleTables = {
  feature_schedules: { project: string; view: string; schedule: string; due_at: Date }
}

const scheduleTables = (ctx: VerbContext) => ctx.db.withTables<ScheduleTables>()

/**
 * Asks for a view whose schedule was due since the last time: once, however often it was missed, and however many workers look. A schedule
 * counts from when it is first seen. Gives the job, if any.
 */
const materializeIfDue = changeVerb({
  name: 'features.materialize_if_due',
  permission: 'features.write',
  input: z.object({ project: z.string(), view: z.string(), schedule: z.string() }),
  async run({ ctx, input, unchanged }): Promise<Job | undefined> {
    const { project, view, schedule } = input
    const now = ctx.clock.now()
    // When it was last due is no change of anyone; the job is one, and records itself.
    unchanged()
    await scheduleTables(ctx)
      .insertInto('feature_schedules')
      .values({ project, view, schedule, due_at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['project', 'view'])
          .doUpdateSet({ schedule, due_at: now })
          .where('feature_schedules.schedule', '!=', schedule),
      )
      .execute()
    // Another worker that looks at the same time waits here, and finds it done.
    const known = await scheduleTables(ctx)
      .selectFrom('feature_schedules')
      .selectAll()
      .where('project', '=', project)
      .where('view', '=', view)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const due = lastDue(schedule, { after: known.due_at, until: now })
    if (due === undefined) return undefined
    await scheduleTables(ctx)
      .updateTable('feature_schedules')
      .set({ due_at: due })
      .where('project', '=', project)
      .where('view', '=', view)
      .execute()
    const request = { views: [view], full: false, reason: `Schedule ${schedule}` }
    return startMaterialize({ ctx, input: { project, request } })
  },
})

/** Asks for the views of a project that are due. One that cannot be asked for now is due still, and keeps no other from it. */
export async function materializeDue(ctx: VerbContext, project: string): Promise<readonly Job[]> {
  const jobs: Job[] = []
  for (const { name: view, definition, isRemoved } of await readNewestViews(ctx, project)) {
    const { online, schedule } = definition
    if (isRemoved || !online || schedule === undefined) continue
    try {
      const job = await materializeIfDue({ ctx, input: { project, view, schedule } })
      if (job !== undefined) jobs.push(job)
    } catch (error) {
      // One for a range of time is at work: then this one waits for it.
      if (!isFabriqueError(error) || error.code !== 'job_open_already') throw error
    }
  }
  return jobs
}

/**
 * Materialises the views of some projects by their schedules from now on, and removes the online values of those that are not served any
 * more. Gives what ends it.
 */
export function tendViews(ctx: VerbContext, tools: DropTools, projects: readonly string[]): () => Promise<void> {
  let looking: Promise<void> = Promise.resolve()
  const look = async () => {
    for (const project of projects) {
      try {
        await materializeDue(ctx, project)
        await dropUnserved(ctx, tools, project)
      } catch (error) {
        ctx.log.warn({ err: error, project }, 'The views of a project are looked after again later')
      }
    }
  }
  const timer = setInterval(() => {
    looking = looking.then(look)
  }, limit('features.schedule_poll_ms'))
  looking = look()
  return async () => {
    clearInterval(timer)
    await looking
  }
}
