import { artifactLimits, uploadLimits } from './limits/artifacts.js'
import { authLimits } from './limits/auth.js'
import { batchLimits } from './limits/batches.js'
import { engineLimits, ingestLimits, readingLimits, snapshotLimits, transferLimits } from './limits/datasets.js'
import { evaluationLimits } from './limits/evaluation.js'
import { explanationLimits } from './limits/explanations.js'
import { featureLimits } from './limits/features.js'
import { flowLimits } from './limits/flows.js'
import { httpLimits, requestLimits } from './limits/http.js'
import { jobLimits } from './limits/jobs.js'
import type { Limit } from './limits/limit.js'
import { lineageLimits } from './limits/lineage.js'
import { metricLimits } from './limits/metrics.js'
import { monitoringLimits } from './limits/monitoring.js'
import { comparisonLimits, predictionLimits } from './limits/predictions.js'
import { programLimits, shortLimits } from './limits/program.js'
import { registryLimits } from './limits/registry.js'
import { dvcLimits, remoteLimits } from './limits/remotes.js'
import { rolloutLimits } from './limits/rollouts.js'
import { latencyLimits, predictLimits, servingLimits } from './limits/serving.js'
import { sourceLimits } from './limits/sources.js'
import { traceLimits } from './limits/traces.js'
import { mlflowLimits, runLimits, trackingLimits } from './limits/tracking.js'
import { trainingLimits } from './limits/training.js'
import { checkLimits, validationLimits } from './limits/validation.js'
import { webhookLimits } from './limits/webhooks.js'

/**
 * Every bound that a request, a file, a queue or a log meets, each in the file of its context. `docs/limits.md` is generated from
 * this table; the tidy test proves that no name stands twice.
 */
export const limits = {
  ...httpLimits,
  ...authLimits,
  ...requestLimits,
  ...batchLimits,
  ...predictLimits,
  ...predictionLimits,
  ...servingLimits,
  ...comparisonLimits,
  ...rolloutLimits,
  ...latencyLimits,
  ...readingLimits,
  ...monitoringLimits,
  ...engineLimits,
  ...featureLimits,
  ...ingestLimits,
  ...shortLimits,
  ...transferLimits,
  ...sourceLimits,
  ...snapshotLimits,
  ...remoteLimits,
  ...flowLimits,
  ...jobLimits,
  ...dvcLimits,
  ...lineageLimits,
  ...checkLimits,
  ...trainingLimits,
  ...explanationLimits,
  ...metricLimits,
  ...validationLimits,
  ...programLimits,
  ...trackingLimits,
  ...artifactLimits,
  ...mlflowLimits,
  ...traceLimits,
  ...evaluationLimits,
  ...registryLimits,
  ...webhookLimits,
  ...uploadLimits,
  ...runLimits,
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limits

/** The value of a limit. */
export function limit(name: LimitName): number {
  return limits[name].default
}
