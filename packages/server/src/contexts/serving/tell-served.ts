import { inTransaction, type VerbContext } from '../../platform/index.js'
import { markDeleted, recordLineage } from '../lineage/index.js'
import { versionLineage } from '../registry/index.js'

/** The place of a model in the lineage: the address that predictions are asked from. */
const endpointOf = (model: string) => ({ kind: 'endpoint', id: model }) as const

interface ServedVersion {
  readonly model: string
  readonly version: string
}

/** Tells that this process answers with a version: it was loaded and tried. Versions served before stay linked. */
export async function tellServed(ctx: VerbContext, { model, version }: ServedVersion): Promise<void> {
  await inTransaction(ctx, async (inner) => {
    const thing = await versionLineage(inner, model, Number(version))
    // Deleted since it was loaded: the next look at the aliases takes it out of service.
    if (thing === undefined) return
    await recordLineage(inner, {
      things: [
        { ...thing, keep: true },
        { ...endpointOf(model), label: `predict ${model}`, detail: { model, version } },
      ],
      steps: [{ from: thing, to: endpointOf(model), relation: 'served' }],
    })
  })
}

/** Tells that a model is not served any more; serving it again takes that back. */
export async function tellNotServed(ctx: VerbContext, model: string): Promise<void> {
  await markDeleted(ctx, endpointOf(model))
}
