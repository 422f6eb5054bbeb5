import { totalmem } from 'node:os'
import { addFilesJob, type IngestTools, ingestJob, ingestJobKind, settled } from '../contexts/datasets/index.js'
import type { JobHandler } from '../contexts/jobs/index.js'
import { registerVersion } from '../contexts/registry/index.js'
import { dvcJobHandlers, remoteJobHandlers } from '../contexts/remotes/index.js'
import { type TrainingTools, trainingJob, trainingJobKind } from '../contexts/training/index.js'
import { limit } from '../kernel/index.js'

export interface JobHandlersOptions {
  readonly threads: number
  /** What an ingest gets from above: secrets, private hosts, sources in code. */
  readonly ingestTools: IngestTools
  /** Logged with each run of a project: versions of program, Node and code. */
  readonly environment: TrainingTools['environment']
}

/** Share of the memory of a machine that one training may take. */
const memoryShareMax = 0.8

/** What a worker can do for each kind of job. */
export function jobHandlers(options: JobHandlersOptions): Readonly<Record<string, JobHandler>> {
  const { ingestTools, threads, environment } = options
  return {
    [ingestJobKind]: settled(ingestJob(ingestTools)),
    'data.add': settled(addFilesJob),
    [trainingJobKind]: trainingJob({
      threads,
      environment,
      register: (ctx, input) => registerVersion({ ctx, input }),
      // On a small machine a training ends before the system ends something else.
      memoryBytesMax: Math.min(limit('training.memory_bytes_max'), Math.round(totalmem() * memoryShareMax)),
    }),
    ...remoteJobHandlers(),
    ...dvcJobHandlers,
  }
}
