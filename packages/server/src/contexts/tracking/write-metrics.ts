import { FabriqueError } from '@fabrique/contract'
import { inTransaction, type VerbContext } from '../../platform/index.js'
import { type ModelMetricPoint, writeModelMetrics } from './logged-models/write-model-metrics.js'
import type { MetricWrite } from './metric-columns.js'
import { queueMetrics } from './metric-queue.js'
import { announceWithCommit } from './metric-signal.js'
import { type MetricOutcome, writeMetricColumns } from './metric-store.js'

/**
 * Writes checked points of a run. Points are data: no audit entry and no event. Outside a transaction they share a statement
 * with those of other requests, and are committed when the promise resolves; inside one they are part of it.
 * Throws `run_not_found`, `run_not_active`, `logged_model_not_found`, `tracking_busy`.
 */
export async function writeMetrics(ctx: VerbContext, write: MetricWrite): Promise<void> {
  const ofModels = write.metrics.filter((point): point is ModelMetricPoint => Boolean(point.model_id))
  if (ofModels.length === 0 && !ctx.inTransaction) {
    accepted(await queueMetrics(ctx.db, write))
    return
  }
  await inTransaction(ctx, async (inner) => {
    const outcomeOf = await writeMetricColumns(inner.db, [write])
    const { experiment_id } = accepted(outcomeOf(write.run_id))
    if (ofModels.length > 0) await writeModelMetrics(inner, { run_id: write.run_id, experiment_id }, ofModels)
    await announceWithCommit(inner.db, { run_id: write.run_id, experiment_id })
  })
}

function accepted(outcome: MetricOutcome): { readonly experiment_id: string } {
  if (outcome instanceof FabriqueError) throw outcome
  return outcome
}
