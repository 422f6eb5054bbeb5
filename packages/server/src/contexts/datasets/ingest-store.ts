import { type BareNote, type Ingest, ingestNote, type Language, SchemaChange } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { type StoredError, tellStoredError } from '../jobs/index.js'
import { tellNote } from './ingest-notes.js'
import type { PartColumn } from './read-rows.js'

type IngestTables = {
  ingest_runs: {
    id: string
    project: string
    dataset: string
    job_id: string | null
    state: Ingest['state']
    policy: string
    source: string
    files_found: number
    files_read: number
    bytes_read: number
    rows_read: number
    rows_good: number
    rows_quarantined: number
    rows_kept: number
    schema_changes: string
    warnings: string
    quarantine_sha256: string | null
    snapshot_id: string | null
    is_new: boolean
    error: string | null
    started_at: Date
    ended_at: Date | null
  }
  ingest_parts: {
    part_key: string
    types_key: string
    parquet_hash: string | null
    bytes: number
    row_count: number
    rejected_count: number
    columns: string
    at: Date
  }
  source_marks: {
    project: string
    dataset: string
    name: string
    mark: string
    content_key: string
    bytes: number
    at: Date
  }
  source_states: { project: string; dataset: string; state: string; snapshot_id: string; at: Date }
  snapshot_parts: { snapshot_id: string; position: number; sha256: string }
}

export const ingestTables = (ctx: VerbContext) => ctx.db.withTables<IngestTables>()

/** A row of `ingest_runs` as the driver gives it: it parses jsonb, which was checked when it was written. */
export interface IngestRow {
  readonly id: string
  readonly project: string
  readonly dataset: string
  readonly job_id: string | null
  readonly state: Ingest['state']
  readonly policy: unknown
  readonly source: unknown
  readonly files_found: number
  readonly files_read: number
  readonly bytes_read: number
  readonly rows_read: number
  readonly rows_good: number
  readonly rows_quarantined: number
  readonly rows_kept: number
  readonly schema_changes: unknown
  readonly warnings: unknown
  readonly quarantine_sha256: string | null
  readonly snapshot_id: string | null
  readonly is_new: boolean
  readonly error: unknown
  readonly started_at: Date
  readonly ended_at: Date | null
}

/** An ingest as it is shown, its error in a language. */
export function toIngest(row: IngestRow, language: Language): Ingest {
  return {
    id: row.id,
    project: row.project,
    dataset: row.dataset,
    ...(row.job_id === null ? {} : { job_id: row.job_id }),
    state: row.state,
    policy: row.policy as Ingest['policy'],
    source: row.source as Ingest['source'],
    files_found: row.files_found,
    files_read: row.files_read,
    bytes_read: row.bytes_read,
    rows_read: row.rows_read,
    rows_good: row.rows_good,
    rows_quarantined: row.rows_quarantined,
    rows_kept: row.rows_kept,
    schema_changes: SchemaChange.array().parse(row.schema_changes),
    warnings: storedNotes(row.warnings).map((note) => tellNote(note, language)),
    ...(row.snapshot_id === null ? {} : { snapshot_id: row.snapshot_id }),
    is_new: row.is_new,
    ...(row.error === null ? {} : { error: tellStoredError(row.error as StoredError, language) }),
    started_at: row.started_at.toISOString(),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
  }
}

/** The driver parses jsonb, which was written from the same type; versions before wrote texts. */
function storedNotes(parsed: unknown): readonly BareNote[] {
  return (parsed as readonly (BareNote | string)[]).map((note) =>
    typeof note === 'string' ? ingestNote('text', { text: note }) : note,
  )
}

/** What an ingest counts. */
export interface IngestCounts {
  readonly files_found: number
  readonly files_read: number
  readonly bytes_read: number
  readonly rows_read: number
  readonly rows_good: number
  readonly rows_quarantined: number
  readonly rows_kept: number
}

/** A part as it is remembered. */
export interface KnownPart {
  readonly parquetHash: string | undefined
  readonly bytes: number
  readonly rowCount: number
  readonly rejectedCount: number
  readonly columns: readonly PartColumn[]
}

/** The driver parses jsonb, which was written from the same type; the table tells what is written. */
function storedColumns(parsed: unknown): readonly PartColumn[] {
  return parsed as PartColumn[]
}

/** The driver parses jsonb, which was checked when it was written; the table tells what is written. */
export function storedState(parsed: unknown): Readonly<Record<string, string>> {
  return parsed as Record<string, string>
}

/** What a content gave when it was read in some way, where a snapshot still has it; one for each set of types. */
export async function findKnownParts(ctx: VerbContext, partKey: string): Promise<readonly KnownPart[]> {
  const rows = await ingestTables(ctx)
    .selectFrom('ingest_parts')
    .selectAll()
    .where('part_key', '=', partKey)
    // A part of a snapshot is not collected; one that no snapshot has may go at any moment.
    .where((row) =>
      row.or([
        row('parquet_hash', 'is', null),
        row.exists(
          row
            .selectFrom('snapshot_parts')
            .select('position')
            .whereRef('snapshot_parts.sha256', '=', 'ingest_parts.parquet_hash'),
        ),
      ]),
    )
    .orderBy('at', 'desc')
    .orderBy('types_key')
    .limit(20)
    .execute()
  const known: KnownPart[] = []
  for (const { parquet_hash, bytes, row_count, rejected_count, columns } of rows) {
    if (parquet_hash !== null && (await ctx.blobs.size(parquet_hash)) === undefined) continue
    known.push({
      parquetHash: parquet_hash ?? undefined,
      bytes,
      rowCount: row_count,
      rejectedCount: rejected_count,
      columns: storedColumns(columns),
    })
  }
  return known
}
