import { isFabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { logBatch } from '../tracking/index.js'
import type { TrainedModel } from './carry-out-training.js'
import type { PromotionDecision, PromotionMode } from './decide-promotion.js'
import { entries } from './run-records.js'
import type { TrainingRegistry } from './training-tools.js'

export interface RegisterTrained {
  /** Name of the model that the result becomes a version of. */
  readonly model: string
  readonly snapshot: string
  readonly trained: TrainedModel
  /** Absent: the version is not promoted, whatever there is. */
  readonly promotion?: PromotionMode
}

/** The version that the decision on a run is about: others may be made of the same run. */
const promotionOfTag = 'fabrique.promotion_of'

/** The version that a training became, and what was decided of it. */
export interface RegisteredTraining extends Partial<PromotionDecision> {
  readonly version: string
}

/**
 * Makes what was trained a version of its model, and its champion where that is decided; the run tells why. Safe to repeat: the same run is
 * the same version.
 */
export async function registerTrained(
  ctx: VerbContext,
  { register, champion, promote, blocked }: TrainingRegistry,
  { model, snapshot, trained, promotion }: RegisterTrained,
): Promise<RegisteredTraining> {
  const registered = await register(ctx, {
    model,
    run_id: trained.run_id,
    source: `mlflow-artifacts:/${trained.artifact_path}`,
    artifact_path: trained.artifact_path,
    signature: trained.signature,
    snapshot_id: snapshot,
  })
  const version = String(registered.version)
  if (promotion === undefined) return { version }
  const { championMoved, decidePromotion } = await import('./decide-promotion.js')
  const before = (await champion(ctx, model))?.version
  let decision = decidePromotion({
    mode: promotion,
    task: trained.signature.task,
    version,
    metrics: trained.metrics,
    champion: before,
    comparison: trained.comparison,
  })
  // Before a crash it was decided and told already.
  if (before === version) return { version, ...decision }
  // The first version takes nobody's place.
  const why = decision.promoted && before !== undefined ? await blocked?.(ctx, model) : undefined
  if (why !== undefined) decision = { promoted: false, ...why }
  if (decision.promoted) {
    try {
      await promote(ctx, { model, version, before, reason: decision.reason })
    } catch (error) {
      if (!isFabriqueError(error) || error.code !== 'alias_moved_meanwhile') throw error
      decision = championMoved((await champion(ctx, model))?.version)
    }
  }
  const tags = {
    'fabrique.promoted': String(decision.promoted),
    'fabrique.promotion': decision.reason,
    'fabrique.promotion_fr': decision.reason_fr,
    [promotionOfTag]: `${model}/${version}`,
  }
  await logBatch({ ctx, input: { run_id: trained.run_id, tags: entries(tags) } })
  return { version, ...decision }
}
