import type { Snapshot, SnapshotColumn } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

type DatasetTables = {
  snapshots: {
    id: string
    project: string
    dataset: string
    content_hash: string
    source: string
    columns: string
    row_count: number
    bytes: number
    created_at: Date
  }
  ingests: { project: string; dataset: string; source_key: string; snapshot_id: string; at: Date }
}

export const datasetTables = (ctx: VerbContext) => ctx.db.withTables<DatasetTables>()

export interface SnapshotRow {
  readonly id: string
  readonly project: string
  readonly dataset: string
  readonly content_hash: string
  /** The driver parses jsonb; both were checked when they were written. */
  readonly source: unknown
  readonly columns: unknown
  readonly row_count: number
  readonly bytes: number
  readonly created_at: Date
}

export function toSnapshot(row: SnapshotRow): Snapshot {
  return {
    id: row.id,
    project: row.project,
    dataset: row.dataset,
    content_hash: row.content_hash,
    source: row.source as Snapshot['source'],
    columns: row.columns as SnapshotColumn[],
    row_count: row.row_count,
    bytes: row.bytes,
    created_at: row.created_at.toISOString(),
  }
}
