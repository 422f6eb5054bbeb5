import { Readable } from 'node:stream'
import { FabriqueError, type Job, type Language, Slug } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { formatOfName, taskVerb } from '../../platform/index.js'
import { bounded } from '../artifacts/index.js'
import { getProject } from '../projects/index.js'
import { refuseDeclared } from './given-source.js'
import { startGivenIngest } from './start-given-ingest.js'

const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/**
 * Keeps a file that someone sends, and asks for the job that makes it a snapshot of a data set that the project does not declare. The job
 * of the same file is the answer while it is open. What ends early, or is refused, leaves nothing that anyone sees, and its bytes are
 * swept. Errors: `project_not_found`, `dataset_declared`, `file_format_unknown`, `source_empty`, `body_too_large`, `invalid_request` for a
 * file that ends early, `job_open_already`, `disk_full`.
 */
export const uploadDataset = taskVerb({
  name: 'datasets.upload_dataset',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: Slug,
    file_name: z.string(),
    content: z.custom<Readable>((value) => value instanceof Readable, 'must be a stream'),
    /** Size as the client says it, to refuse a file before it is sent. */
    bytes_announced: z.number().optional(),
    language,
  }),
  async run({ ctx, input: { content, bytes_announced = 0, ...input } }): Promise<Job> {
    const file_name = nameOf(input.file_name)
    formatOfName(file_name)
    refuseDeclared(await getProject({ ctx, input: { project: input.project } }), input.dataset)
    const bytesMax = limit('data.upload_bytes_max')
    if (bytes_announced > bytesMax) throw new FabriqueError('body_too_large', { limit_bytes: bytesMax })
    const { sha256, bytes } = await ctx.blobs.put(bounded(content, bytesMax))
    if (bytes === 0) throw new FabriqueError('source_empty', { path: file_name, dataset: input.dataset })
    const { project, dataset, language } = input
    const given = { kind: 'upload', file_name, sha256, bytes } as const
    // It may have been declared while the file came, which is looked at again.
    return startGivenIngest({ ctx, input: { project, dataset, given, reason: file_name.slice(0, 500), language } })
  },
})

/** The last part of a path, without what no name of a file has. */
function nameOf(path: string): string {
  const [last = ''] = path.split(/[/\\]/).slice(-1)
  const name = last.replace(/\p{Cc}/gu, '').trim()
  if (name !== '') return name
  throw new FabriqueError('invalid_request', { field: 'file_name', reason: 'it names no file' }, { field: 'file_name' })
}
