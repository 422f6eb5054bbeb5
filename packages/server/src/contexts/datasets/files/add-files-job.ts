import type { Json } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { parseInput } from '../../../platform/index.js'
import type { RunningJob } from '../../jobs/index.js'
import { addFiles } from './add-files.js'
import { wordedFault } from './fault-words.js'

const AddInput = z.object({ project: z.string(), dataset: z.string(), path: z.string() })

/** Does a job of the kind `data.add`. */
export async function addFilesJob({ ctx, input, report }: RunningJob): Promise<Json> {
  const { path, ...place } = parseInput(AddInput, input)
  const added = await addFiles({ ctx, input: { ...place, path, location: path, report } })
  const shown = added.leftOut.slice(0, limit('files.left_out_shown'))
  return {
    snapshot_id: added.snapshot.id,
    content_hash: added.snapshot.content_hash,
    is_new: added.created,
    files: added.files,
    files_read: added.filesRead,
    bytes: added.bytes,
    left_out: shown.map(({ path: file, reason }) => ({ path: file, ...wordedFault(reason) })),
    left_out_count: added.leftOut.length,
  }
}
