import type { Job, Language } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { startJob } from '../jobs/index.js'
import { getProject } from '../projects/index.js'
import { definitionFor, GivenSource } from './given-source.js'
import { ingestJobKind } from './ingest-job.js'

/**
 * Asks for the ingest of something else than what a data set declares, as a job. The job of the same is the answer while it is open.
 * Errors: those of `definitionFor`, `project_not_found`, `job_open_already`.
 */
export const startGivenIngest = changeVerb({
  name: 'datasets.start_given_ingest',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    given: GivenSource,
    reason: z.string().max(500).default(''),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const { language, reason, ...asked } = input
    const project = await getProject({ ctx, input: { project: input.project } })
    definitionFor(project, input.dataset, input.given)
    // The job is the change, and records itself.
    unchanged()
    return startJob({
      ctx,
      input: {
        kind: ingestJobKind,
        project: project.name,
        subject: `datasets/${project.name}/${input.dataset}`,
        input: { ...asked, full: false },
        refuses_other_input: true,
        reason,
        language,
      },
    })
  },
})
