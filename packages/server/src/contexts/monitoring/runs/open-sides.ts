import { FabriqueError, isFabriqueError, type MonitorCurrent, type MonitorReference } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { findNamedSnapshot, resolveSnapshot } from '../../datasets/index.js'
import type { RunPlan } from '../model.js'
import { withPredictionsSide } from './open-predictions-side.js'
import { withSnapshotSide } from './open-snapshot-side.js'
import { missing, withTrainingSide } from './open-training-side.js'
import type { OpenedSide } from './opened-side.js'

const dayMs = 86_400_000

/** Both sides of a run, open. */
export interface OpenedSides {
  readonly reference: OpenedSide
  readonly current: OpenedSide
}

/**
 * Runs work on both sides; they are closed when it ends. The current side is first: what went before it counts from its beginning. Throws
 * `monitor_reference_missing` and what the verbs of the things named throw.
 */
export async function withSides<Result>(
  ctx: VerbContext,
  plan: RunPlan,
  work: (sides: OpenedSides) => Promise<Result>,
): Promise<Result> {
  return withCurrent(ctx, plan, (current) =>
    withReference(ctx, plan, current, (reference) => work({ reference, current })),
  )
}

function withCurrent<Result>(
  ctx: VerbContext,
  plan: RunPlan,
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  const { definition, current, project } = plan
  switch (current.kind) {
    case 'predictions':
      return withPredictionsSide(ctx, { model: modelOf(plan), version: current.version, ...spanOf(ctx, current) }, work)
    case 'snapshot':
      return resolveSnapshot({ ctx, input: { project, dataset: current.dataset, ref: current.ref } }).then((snapshot) =>
        withSnapshotSide(ctx, snapshot, { definition, what: 'snapshot' }, work),
      )
  }
}

async function withReference<Result>(
  ctx: VerbContext,
  plan: RunPlan,
  opened: OpenedSide,
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  const { definition, reference } = plan
  switch (reference.kind) {
    case 'training':
      return withTrainingSide(ctx, plan, { alias: reference.alias, current: opened }, work)
    case 'window':
      return withPredictionsSide(ctx, { model: modelOf(plan), ...spanBefore(ctx, plan, reference) }, work)
    case 'snapshot': {
      const snapshot = await findNamedSnapshot(ctx, reference.snapshot, 'reference.snapshot').catch(
        (error: unknown) => {
          if (!isFabriqueError(error) || !goneCodes.has(error.code)) throw error
          throw missing(
            `snapshot ${reference.snapshot} is not there`,
            `l’instantané ${reference.snapshot} n’est pas là`,
          )
        },
      )
      const besidePredictions = plan.current.kind === 'predictions'
      return withSnapshotSide(ctx, snapshot, { definition, what: 'snapshot', besidePredictions }, work)
    }
  }
}

const goneCodes: ReadonlySet<string> = new Set(['snapshot_not_found', 'snapshot_ref_not_found'])

function modelOf({ definition: { model } }: RunPlan): string {
  if (model !== undefined) return model
  throw new FabriqueError('invalid_request', { field: 'model', reason: 'is needed' }, { field: 'model' })
}

/** Up to now by our own clock: what is dated later, by a clock that is ahead, comes with the next run. */
function spanOf({ clock }: VerbContext, { days }: Extract<MonitorCurrent, { kind: 'predictions' }>) {
  const until = clock.now()
  return { from: new Date(until.getTime() - days * dayMs), until }
}

function spanBefore(
  ctx: VerbContext,
  { current }: RunPlan,
  { days, offset_days }: Extract<MonitorReference, { kind: 'window' }>,
) {
  const begin = current.kind === 'predictions' ? spanOf(ctx, current).from : ctx.clock.now()
  const until = new Date(begin.getTime() - offset_days * dayMs)
  return { from: new Date(until.getTime() - days * dayMs), until }
}
