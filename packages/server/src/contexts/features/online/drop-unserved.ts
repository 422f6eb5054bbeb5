import type { VerbContext } from '../../../platform/index.js'
import type { PinnedServices } from '../registry/model.js'
import { readNewestViews } from '../registry/store.js'
import { dropVersion, pinnedVersions } from './materialize-job.js'
import type { OnlineStore } from './model.js'
import { onlineVersions } from './version-store.js'

export interface DropTools {
  readonly store: OnlineStore
  /** What stays, whatever is declared meanwhile. */
  readonly pinnedServices?: PinnedServices
}

/** Removes the online values of views that were taken away, or are not kept online any more. Gives how many versions went. */
export async function dropUnserved(
  ctx: VerbContext,
  { store, pinnedServices }: DropTools,
  project: string,
): Promise<number> {
  let dropped = 0
  for (const view of await readNewestViews(ctx, project)) {
    if (!view.isRemoved && view.definition.online) continue
    const versions = await onlineVersions(ctx, { project, view: view.name })
    if (versions.length === 0) continue
    const pinned = await pinnedVersions(ctx, pinnedServices, view)
    for (const { id, version } of versions) {
      if (pinned.has(version)) continue
      await dropVersion(ctx, store, id)
      dropped += 1
    }
  }
  return dropped
}
