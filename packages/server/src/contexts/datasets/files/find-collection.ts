import type { VerbContext } from '../../../platform/index.js'
import { datasetTables, type SnapshotRow } from '../store.js'
import { selectSnapshotBlobs } from './store.js'

/** The snapshot of a data set with this content, where all that it needs is in the store. */
export async function findCollection(
  ctx: VerbContext,
  { project, dataset }: { readonly project: string; readonly dataset: string },
  contentHash: string,
): Promise<SnapshotRow | undefined> {
  const row = await datasetTables(ctx)
    .selectFrom('snapshots')
    .selectAll()
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('content_hash', '=', contentHash)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const missing = await ctx.blobs.missing(await selectSnapshotBlobs(ctx, row.id))
  return missing.length === 0 ? (row as SnapshotRow) : undefined
}
