import { sql } from 'kysely'
import type { VerbContext } from '../../../platform/index.js'

/**
 * The snapshot that a data set has now, or had at a moment: the one that was made or found again last. A source that goes back to an
 * earlier content has the earlier snapshot again.
 */
export async function newestSnapshotId(
  ctx: VerbContext,
  { project, dataset }: { readonly project: string; readonly dataset: string },
  at?: Date,
): Promise<string | undefined> {
  const { rows } = await sql<{ snapshot_id: string }>`
    select snapshot_id from snapshot_moments
    where project = ${project} and dataset = ${dataset} and (${at ?? null}::timestamptz is null or at <= ${at ?? null})
    order by at desc, snapshot_id limit 1
  `.execute(ctx.db)
  return rows[0]?.snapshot_id
}
