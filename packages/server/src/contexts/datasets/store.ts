import type { Snapshot, SnapshotColumn, SnapshotPart } from '@fabrique/contract'
import { present } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'

type DatasetTables = {
  snapshots: {
    id: string
    kind: 'table' | 'files'
    ingest_id: string | null
    project: string
    dataset: string
    content_hash: string
    source: string
    columns: string
    row_count: number
    bytes: number
    created_at: Date
  }
  snapshot_parts: {
    snapshot_id: string
    position: number
    sha256: string
    bytes: number
    row_count: number
    source: string
    source_sha256: string | null
  }
  snapshot_tags: {
    project: string
    dataset: string
    tag: string
    snapshot_id: string
    reason: string
    updated_by: string
    updated_at: Date
  }
  snapshot_profiles: { snapshot_id: string; version: number; profile: string; created_at: Date }
  mirror_tables: { table_schema: string; table_name: string; project: string; dataset: string; created_at: Date }
}

export const datasetTables = (ctx: VerbContext) => ctx.db.withTables<DatasetTables>()

export interface SnapshotRow {
  readonly id: string
  readonly kind: 'table' | 'files'
  readonly ingest_id: string | null
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

/** The snapshots of some rows, in their order, with their parts and tags: one query for all. */
export async function toSnapshots(ctx: VerbContext, rows: readonly SnapshotRow[]): Promise<readonly Snapshot[]> {
  const ids = rows.map(({ id }) => id)
  const parts =
    ids.length === 0
      ? []
      : await datasetTables(ctx)
          .selectFrom('snapshot_parts')
          .selectAll()
          .where('snapshot_id', 'in', ids)
          .orderBy('snapshot_id')
          .orderBy('position')
          .execute()
  const tags =
    ids.length === 0
      ? []
      : await datasetTables(ctx)
          .selectFrom('snapshot_tags')
          .select(['snapshot_id', 'tag'])
          .where('snapshot_id', 'in', ids)
          .orderBy('tag')
          .execute()
  const tagsOf = new Map<string, string[]>()
  for (const { snapshot_id, tag } of tags) tagsOf.set(snapshot_id, [...(tagsOf.get(snapshot_id) ?? []), tag])
  const bySnapshot = new Map<string, SnapshotPart[]>()
  for (const { snapshot_id, sha256, bytes, row_count, source, source_sha256 } of parts) {
    const part = { sha256, bytes, row_count, source, ...(source_sha256 === null ? {} : { source_sha256 }) }
    const known = bySnapshot.get(snapshot_id)
    if (known === undefined) bySnapshot.set(snapshot_id, [part])
    else known.push(part)
  }
  return rows.map((row) => ({
    id: row.id,
    project: row.project,
    dataset: row.dataset,
    kind: row.kind,
    content_hash: row.content_hash,
    source: row.source as Snapshot['source'],
    columns: row.columns as SnapshotColumn[],
    parts: bySnapshot.get(row.id) ?? [],
    row_count: row.row_count,
    bytes: row.bytes,
    tags: tagsOf.get(row.id) ?? [],
    ...(row.ingest_id === null ? {} : { ingest_id: row.ingest_id }),
    created_at: row.created_at.toISOString(),
  }))
}

export async function toSnapshot(ctx: VerbContext, row: SnapshotRow): Promise<Snapshot> {
  const [snapshot] = await toSnapshots(ctx, [row])
  return present(snapshot, 'snapshot')
}
