import { type BatchTools, batchJob, batchJobKind } from '../contexts/batches/index.js'
import { addFilesJob, type IngestTools, ingestJob, ingestJobKind, settled } from '../contexts/datasets/index.js'
import { explanationJob, explanationJobKind } from '../contexts/explanations/index.js'
import {
  checkJob,
  checkJobKind,
  type FeatureTools,
  getOnlineFeatures,
  historicalJob,
  historicalJobKind,
  materializeJob,
  materializeJobKind,
  type OnlineStore,
  onlineFeatures,
} from '../contexts/features/index.js'
import type { JobHandler } from '../contexts/jobs/index.js'
import { monitorJob, monitorJobKind } from '../contexts/monitoring/index.js'
import { compactJob, compactJobKind } from '../contexts/predictions/index.js'
import { dvcJobHandlers, remoteJobHandlers } from '../contexts/remotes/index.js'
import {
  debugJobKind,
  debugTrainingJob,
  type TrainingTools,
  trainingJob,
  trainingJobKind,
} from '../contexts/training/index.js'
import { monitorTools } from './monitor-tools.js'
import { predictionVersions } from './prediction-versions.js'

export interface JobHandlersOptions {
  /** What an ingest gets from above: secrets, private hosts, sources in code. */
  readonly ingestTools: IngestTools
  readonly trainingTools: TrainingTools
  /** Computes batches of models that are no ONNX. */
  readonly python?: NonNullable<BatchTools['python']>
  /** Without both, jobs of features wait for a worker that has them. */
  readonly featureTools?: FeatureTools
  readonly onlineStore?: OnlineStore
}

/** What a worker can do for each kind of job. */
export function jobHandlers(options: JobHandlersOptions): Readonly<Record<string, JobHandler>> {
  const { ingestTools, trainingTools, python, featureTools, onlineStore } = options
  return {
    [ingestJobKind]: settled(ingestJob(ingestTools)),
    'data.add': settled(addFilesJob),
    [trainingJobKind]: trainingJob(trainingTools),
    [debugJobKind]: debugTrainingJob(trainingTools),
    [batchJobKind]: batchJob({
      threads: trainingTools.threads,
      ...(python === undefined ? {} : { python }),
      ...readingOnline(onlineStore),
    }),
    [compactJobKind]: compactJob(predictionVersions),
    [monitorJobKind]: monitorJob(monitorTools),
    [explanationJobKind]: explanationJob({ threads: trainingTools.threads }),
    ...(featureTools === undefined || onlineStore === undefined ? {} : featureHandlers(featureTools, onlineStore)),
    ...remoteJobHandlers(),
    ...dvcJobHandlers,
  }
}

/** Batches find the features of keys in the online store, where this worker has one. */
function readingOnline(store: OnlineStore | undefined): Pick<BatchTools, 'readOnline'> {
  if (store === undefined) return {}
  const features = onlineFeatures(store)
  return { readOnline: (ctx, { project, ...body }) => getOnlineFeatures(ctx, features, { project, body }) }
}

function featureHandlers(tools: FeatureTools, store: OnlineStore): Readonly<Record<string, JobHandler>> {
  const { code: findCode, pinnedServices } = tools
  const online = { store, findCode, ...(pinnedServices === undefined ? {} : { pinnedServices }) }
  return {
    [historicalJobKind]: historicalJob(tools),
    [materializeJobKind]: materializeJob(online),
    [checkJobKind]: checkJob(online),
  }
}
