import { addFilesJob, type IngestTools, ingestJob, ingestJobKind, settled } from '../contexts/datasets/index.js'
import type { JobHandler } from '../contexts/jobs/index.js'
import { dvcJobHandlers, remoteJobHandlers } from '../contexts/remotes/index.js'

export interface JobHandlersOptions {
  readonly threads: number
  /** What an ingest gets from above: secrets, private hosts, sources in code. */
  readonly ingestTools: IngestTools
}

/** What a worker can do for each kind of job. */
export function jobHandlers({ ingestTools }: JobHandlersOptions): Readonly<Record<string, JobHandler>> {
  return {
    [ingestJobKind]: settled(ingestJob(ingestTools)),
    'data.add': settled(addFilesJob),
    ...remoteJobHandlers(),
    ...dvcJobHandlers,
  }
}
