import { createHash } from 'node:crypto'
import { FabriqueError, type Job, Json, type Language, MaterializeRequest } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { startJob } from '../../jobs/index.js'
import type { AppliedView } from '../registry/model.js'
import { readNewestViews } from '../registry/store.js'

/** The kind of a job that brings values to the online store. */
export const materializeJobKind = 'features.materialize'

export const MaterializeJobInput = z.object({
  project: z.string(),
  views: z.array(z.string()),
  full: z.boolean(),
  start: z.string().optional(),
  end: z.string().optional(),
})
export type MaterializeJobInput = z.output<typeof MaterializeJobInput>

/**
 * Asks for the newest values of views to be brought to the online store. One job at a time does it for the same views; another request for
 * them is that job. Errors: `feature_view_not_found`, `feature_push_refused` for a view that is not kept online, `invalid_request`,
 * `job_open_already`.
 */
export const startMaterialize = changeVerb({
  name: 'features.start_materialize',
  permission: 'features.write',
  input: z.object({
    project: z.string(),
    request: MaterializeRequest,
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const { project, request, language } = input
    const { full, start, end, reason } = request
    if (start !== undefined && end !== undefined && start > end) {
      throw new FabriqueError(
        'invalid_request',
        { field: 'start', reason: 'must not be later than end' },
        { field: 'start' },
      )
    }
    const views = (await onlineViews(ctx, project, request.views)).map(({ name }) => name).sort()
    const asked: MaterializeJobInput = {
      project,
      views,
      full,
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    }
    // The job is the change, and records itself.
    unchanged()
    return startJob({
      ctx,
      input: {
        kind: materializeJobKind,
        project,
        subject: `features/${project}/${views.length === 1 ? views[0] : digestOf(views)}`,
        input: Json.parse(asked),
        refuses_other_input: true,
        reason,
        language,
      },
    })
  },
})

function digestOf(views: readonly string[]): string {
  return createHash('sha256')
    .update(canonicalJson([...views]))
    .digest('hex')
    .slice(0, 16)
}

/** The views that are named, or all that are kept online. */
async function onlineViews(
  ctx: VerbContext,
  project: string,
  names: readonly string[] | undefined,
): Promise<readonly AppliedView[]> {
  const served = (await readNewestViews(ctx, project)).filter(({ isRemoved }) => !isRemoved)
  if (names === undefined) return served.filter(({ definition }) => definition.online)
  return [...new Set(names)].map((name) => {
    const view = served.find((one) => one.name === name)
    if (view === undefined) throw new FabriqueError('feature_view_not_found', { project, view: name })
    if (view.definition.online) return view
    const refused = {
      view: name,
      reason: 'it is declared with online false',
      reason_fr: 'elle est déclarée avec online false',
    }
    throw new FabriqueError('feature_push_refused', refused)
  })
}
