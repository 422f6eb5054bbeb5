import type { Job, Language } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { type JobHandler, startJob } from '../jobs/index.js'
import { datasetOf, getProject } from '../projects/index.js'
import { GivenSource } from './given-source.js'
import { type IngestTools, ingest } from './ingest.js'

/** The kind of a job that takes a source to a snapshot. */
export const ingestJobKind = 'data.ingest'

const Asked = z.object({ project: z.string(), dataset: z.string(), full: z.boolean().default(false) })
const JobInput = Asked.extend({ given: GivenSource.optional() })

/** Asks for an ingest as a job; the one that is open is the answer. Throws `project_not_found`, `dataset_not_found`. */
export const startIngest = changeVerb({
  name: 'datasets.start_ingest',
  permission: 'datasets.write',
  input: Asked.extend({
    reason: z.string().max(500).default(''),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const project = await getProject({ ctx, input: { project: input.project } })
    const { name } = datasetOf(project, input.dataset)
    // The job is the change, and records itself.
    unchanged()
    return startJob({
      ctx,
      input: {
        kind: ingestJobKind,
        project: project.name,
        subject: `datasets/${project.name}/${name}`,
        input: { project: project.name, dataset: name, full: input.full },
        reason: input.reason,
        language: input.language,
      },
    })
  },
})

/** Does the work of such a job. Its result has the ids of ingest and snapshot, and whether the snapshot is new. */
export function ingestJob(tools: IngestTools): JobHandler {
  return async (job) => {
    const input = JobInput.parse(job.input)
    const { snapshot, created, ingest_id } = await ingest({ ctx: job.ctx, input: { ...input, job, tools } })
    return { ingest_id, snapshot_id: snapshot.id, is_new: created }
  }
}
