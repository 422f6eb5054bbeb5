import type { FeatureView } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { onlineTables } from './version-store.js'

/** What of a version of a view is in the online store; nothing where it was not materialised. */
export type MaterializedViews = (view: string, version: number) => Pick<FeatureView, 'materialized'>

/** What is in the online store of the views of a project. */
export async function materializedViews(ctx: VerbContext, project: string): Promise<MaterializedViews> {
  const rows = await onlineTables(ctx)
    .selectFrom('online_versions')
    .selectAll()
    .where('project', '=', project)
    .where('ended_at', 'is not', null)
    .execute()
  const byVersion = new Map(rows.map((row) => [`${row.view}@${row.version}`, row]))
  return (view, version) => {
    const row = byVersion.get(`${view}@${version}`)
    if (row === undefined || row.until === null || row.ended_at === null) return {}
    return {
      materialized: {
        until: row.until.toISOString(),
        ...(row.newest_event === null ? {} : { newest_event: row.newest_event.toISOString() }),
        keys: row.keys,
        ...(row.snapshot_id === null ? {} : { snapshot_id: row.snapshot_id }),
        ended_at: row.ended_at.toISOString(),
      },
    }
  }
}
