import { createHash } from 'node:crypto'
import type { Json, ModelDefinition } from '@fabrique/contract'
import { resolveSnapshot } from '../../datasets/index.js'
import {
  type PromotionMode,
  type PromotionRule,
  registerTrained,
  type TrainingTools,
  trainingSetName,
  trainModel,
} from '../../training/index.js'
import { featureJobs } from '../feature-jobs.js'
import { withLookup } from '../loop-features.js'
import type { StepAtWork } from './step-at-work.js'

export interface TrainTools {
  readonly trainingTools: TrainingTools
  /** The rule that a project has in code. */
  readonly promotionRule: (project: string, model: string) => PromotionRule | undefined
}

/** Whether a model is trained by what only the worker of its project has: a script, a rule in code, a feature service. */
export function needsItsWorker({
  script,
  feature_service: service,
  promotion_rule: hasRule,
}: ModelDefinition): boolean {
  return script !== undefined || service !== undefined || hasRule
}

/** The run of a training: the same however often the step is begun. */
export const runIdOf = (idempotencyKey: string) =>
  createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32)

/** Trains a model as its loop does, in the run that the step always has, and registers and promotes it. Safe to repeat. */
export async function trainDeclared(
  { ctx, session, name, idempotencyKey }: StepAtWork,
  { model, snapshot: given }: { readonly model: ModelDefinition; readonly snapshot: string | undefined },
  { trainingTools: tools, promotionRule }: TrainTools,
): Promise<Json> {
  const { id: flow_run, project } = session.run
  const reason = `Step ${name} of ${flow_run}`.slice(0, 500)
  const labels = given ?? (await resolveSnapshot({ ctx, input: { project, dataset: model.dataset, ref: 'latest' } })).id
  const { feature_service: service } = model
  const made =
    service === undefined
      ? undefined
      : await featureJobs.makeTrainingSet(ctx, {
          project,
          service: service.name,
          labels,
          asKnown: service.as_known,
          into: trainingSetName(model.name),
          reason,
        })
  const snapshot = made?.snapshot_id ?? labels
  const run_id = runIdOf(idempotencyKey)
  let trained = await trainModel({ ctx, input: { project, model: model.name, snapshot, run_id, flow_run, tools } })
  if (service !== undefined && made !== undefined) {
    trained = { ...trained, signature: withLookup(trained.signature, project, { service, made }) }
    // Before anything is promoted: what becomes champion answers at once.
    await featureJobs.materialize(ctx, { project, service: `${service.name}@${made.service_version}`, reason })
  }
  const promotion: PromotionMode = model.promotion_rule
    ? { kind: 'rule', rule: promotionRule(project, model.name) }
    : { kind: 'if_better', metric: model.promote_metric }
  // A run that is over makes no version, and no champion.
  ctx.signal?.throwIfAborted()
  const {
    version,
    promoted,
    reason: why,
    reason_fr,
  } = await registerTrained(ctx, tools, {
    model: model.name,
    snapshot,
    trained,
    promotion,
  })
  return {
    run_id,
    version,
    ...(promoted === undefined ? {} : { promoted }),
    ...(why === undefined ? {} : { reason: why }),
    ...(reason_fr === undefined ? {} : { reason_fr }),
    metrics: { ...trained.metrics },
  }
}
