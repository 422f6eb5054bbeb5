import type { Registry } from 'prom-client'
import { addFeatureGauges } from '../contexts/features/index.js'
import { addFlowGauges } from '../contexts/flows/index.js'
import { addJobGauges } from '../contexts/jobs/index.js'
import { addMonitorGauges } from '../contexts/monitoring/index.js'
import { type AnswerCounters, addAnswerGauges } from '../contexts/predictions/index.js'
import { addServingGauges, type ServedModels } from '../contexts/serving/index.js'
import { addTrainingGauges } from '../contexts/training/index.js'
import type { VerbContext } from '../platform/index.js'

export interface MeasuredParts {
  readonly ctx: VerbContext
  readonly role: 'server' | 'predictor'
  readonly predictionLog: AnswerCounters
  readonly models: Pick<ServedModels, 'available' | 'statistics'>
}

/** Adds what every part of a server tells of itself to what Prometheus reads. docs/metrics.md lists them. */
export function addMetrics(registry: Registry, { ctx, role, predictionLog, models }: MeasuredParts): void {
  // Of each process what it answered: of several behind a port the sums are of all.
  addAnswerGauges(predictionLog, registry)
  addServingGauges(ctx, models, registry)
  // What the database knows is told once, not by each predictor.
  if (role === 'predictor') return
  addTrainingGauges(ctx, registry)
  addFeatureGauges(ctx, registry)
  addJobGauges(ctx, registry)
  addFlowGauges(ctx, registry)
  addMonitorGauges(ctx, registry)
}
