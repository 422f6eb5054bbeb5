import { z } from 'zod'
import { ColumnType, Json, Sha256, Slug, Timestamp } from './common.js'
import { BadRowPolicy, ColumnDefinition, Expectation } from './project.js'
import { SourceDefinition } from './source.js'

export const SnapshotColumn = z
  .object({
    name: z.string(),
    type: ColumnType,
    nullable: z.boolean(),
    declared: z.boolean(),
    unit: z.string().optional(),
  })
  .meta({ id: 'SnapshotColumn' })
export type SnapshotColumn = z.infer<typeof SnapshotColumn>

/** One content of a snapshot, as it was read from one part of the source. */
export const SnapshotPart = z
  .object({
    sha256: Sha256.meta({ description: 'Of the Parquet file in the blob store' }),
    bytes: z.number().int(),
    row_count: z.number().int(),
    source: z.string().meta({ description: 'File, address or query that it was read from' }),
    source_sha256: Sha256.optional(),
  })
  .meta({ id: 'SnapshotPart' })
export type SnapshotPart = z.infer<typeof SnapshotPart>

/**
 * Immutable content of a data set: Parquet files (zstd) in the blob store, named by their hashes. A part of the source that did not
 * change keeps its file, so snapshots share what they have in common.
 */
export const Snapshot = z
  .object({
    id: z.string().meta({ description: 'snap_…' }),
    project: Slug,
    dataset: Slug,
    kind: z.enum(['table', 'files']).meta({ description: 'Rows; or files with a table that names them' }),
    content_hash: Sha256.meta({
      description: 'Of the Parquet file where there is one part; else of the list of the hashes of the parts',
    }),
    source: z.object({
      kind: z.string(),
      location: z.string(),
      bytes: z.number().int(),
      sha256: Sha256,
      files: z.number().int().optional(),
    }),
    columns: z.array(SnapshotColumn),
    parts: z.array(SnapshotPart),
    row_count: z.number().int(),
    bytes: z.number().int().meta({ description: 'Size of its contents in the blob store' }),
    tags: z.array(z.string()),
    ingest_id: z.string().optional().meta({ description: 'The ingest that made it' }),
    created_at: Timestamp,
  })
  .meta({ id: 'Snapshot' })
export type Snapshot = z.infer<typeof Snapshot>

export const SnapshotTag = z
  .object({ tag: Slug, snapshot_id: z.string(), reason: z.string(), updated_by: z.string(), updated_at: Timestamp })
  .meta({ id: 'SnapshotTag' })
export type SnapshotTag = z.infer<typeof SnapshotTag>

/** A difference between the columns of two snapshots, or between those declared and those found. */
export const SchemaChange = z
  .object({
    column: z.string(),
    change: z.enum(['added', 'removed', 'type', 'nullable']),
    from: z.string().optional(),
    to: z.string().optional(),
  })
  .meta({ id: 'SchemaChange' })
export type SchemaChange = z.infer<typeof SchemaChange>

/** Why a row was set aside. */
export const QuarantineReason = z.enum([
  'not_parsed',
  'too_few_columns',
  'too_many_columns',
  'unclosed_quote',
  'line_too_long',
  'encoding',
  'missing_column',
  'type',
  'missing_value',
  'not_finite',
  'below_min',
  'above_max',
  'not_in_category',
  'duplicate_key',
  'expectation',
  'unreadable_file',
])
export type QuarantineReason = z.infer<typeof QuarantineReason>

/** What can be told about an ingest or one of its rows; the texts stand in `texts/ingest-notes.ts`. `text` is a text of an older version. */
export const IngestNoteCode = z.enum([
  'text',
  'read_as_windows_1252',
  'no_rows',
  'cannot_be_read',
  'rows_set_aside',
  'files_left_out',
  'quote_not_closed',
  'text_after_quote',
  'values_counted',
  'line_too_long',
  'not_utf8',
  'zero_bytes',
  'not_a_json_object',
  'smallest_allowed',
  'largest_allowed',
  'column_not_in_source',
  'not_in_closed_set',
  'not_of_type',
  'key_seen_before',
  'expectation_broken',
  'file_unreadable',
])
export type IngestNoteCode = z.infer<typeof IngestNoteCode>

/** Something about an ingest or one of its rows. */
export const IngestNote = z
  .object({
    code: IngestNoteCode,
    params: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .meta({ description: 'What the message names; a text `x` with words has them in French as `x_fr`' }),
    message: z.string().meta({ description: 'In the language of the request' }),
  })
  .meta({ id: 'IngestNote' })
export type IngestNote = z.infer<typeof IngestNote>

/** A row that is not in the snapshot, and the first thing that is wrong with it. */
export const QuarantinedRow = z
  .object({
    file: z.string(),
    line: z
      .number()
      .int()
      .optional()
      .meta({ description: 'From 1, the header included; of other formats the row, from 1' }),
    column: z.string().optional(),
    value: z.string().optional(),
    reason: QuarantineReason,
    detail: IngestNote.optional(),
    row: z.string().optional().meta({ description: 'The line as it stood in the source, cut at 10,000 characters' }),
  })
  .meta({ id: 'QuarantinedRow' })
export type QuarantinedRow = z.infer<typeof QuarantinedRow>

export const QuarantineQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
  reason: QuarantineReason.optional(),
  column: z.string().optional(),
  file: z.string().optional(),
})

export const QuarantinePage = z
  .object({
    items: z.array(QuarantinedRow),
    total: z.number().int().meta({ description: 'Rows that match' }),
    groups: z
      .array(
        z.object({
          reason: QuarantineReason,
          column: z.string().optional(),
          file: z.string(),
          count: z.number().int(),
        }),
      )
      .meta({ description: 'Of all rows, the most frequent first; at most 200' }),
  })
  .meta({ id: 'QuarantinePage' })
export type QuarantinePage = z.infer<typeof QuarantinePage>

/** One passage of taking a source to a snapshot. Good and quarantined rows together are all rows of what was read. */
export const Ingest = z
  .object({
    id: z.string().meta({ description: 'ing_…' }),
    project: Slug,
    dataset: Slug,
    job_id: z.string().optional(),
    state: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
    policy: BadRowPolicy,
    source: z.object({ kind: z.string(), location: z.string() }),
    files_found: z.number().int(),
    files_read: z.number().int().meta({ description: 'Those that were new or had changed' }),
    bytes_read: z.number().int(),
    rows_read: z.number().int(),
    rows_good: z.number().int(),
    rows_quarantined: z.number().int(),
    rows_kept: z.number().int().meta({ description: 'Rows of files that were there already' }),
    schema_changes: z.array(SchemaChange).meta({ description: 'Against the snapshot before' }),
    warnings: z.array(IngestNote),
    snapshot_id: z.string().optional(),
    is_new: z.boolean().meta({ description: 'False where the same content was there already' }),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
    started_at: Timestamp,
    ended_at: Timestamp.optional(),
  })
  .meta({ id: 'Ingest' })
export type Ingest = z.infer<typeof Ingest>

/** Figures of one column of a snapshot. Those that do not apply to its type are absent. */
export const ColumnProfile = z
  .object({
    name: z.string(),
    type: ColumnType,
    count: z.number().int().meta({ description: 'Rows with a value' }),
    missing: z.number().int(),
    distinct: z.number().int(),
    distinct_is_exact: z.boolean(),
    min: Json.optional(),
    max: Json.optional(),
    mean: z.number().optional(),
    std: z.number().optional().meta({ description: 'Standard deviation of the sample (ddof 1)' }),
    quantiles: z
      .array(z.object({ q: z.number(), value: Json, low: z.number().optional(), high: z.number().optional() }))
      .optional()
      .meta({
        description:
          'At 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, interpolated linearly for numbers; `low` and `high` are the values that a number stands between, where they differ',
      }),
    histogram: z
      .object({ edges: z.array(Json), counts: z.array(z.number().int()) })
      .optional()
      .meta({ description: 'One edge more than counts; the last bin is closed' }),
    top: z
      .array(z.object({ value: Json, count: z.number().int() }))
      .optional()
      .meta({ description: 'Most frequent values, at most 10' }),
    length: z
      .object({ min: z.number().int(), max: z.number().int(), mean: z.number() })
      .optional()
      .meta({ description: 'Characters of texts' }),
    zeros: z.number().int().optional(),
    negatives: z.number().int().optional(),
    not_finite: z
      .number()
      .int()
      .optional()
      .meta({ description: 'NaN and infinities: they are values, and left out of the other figures' }),
  })
  .meta({ id: 'ColumnProfile' })
export type ColumnProfile = z.infer<typeof ColumnProfile>

export const Profile = z
  .object({
    row_count: z.number().int(),
    duplicate_rows: z.number().int().optional().meta({ description: 'Counted up to a bound of rows' }),
    columns: z.array(ColumnProfile),
  })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

export const SnapshotDiff = z
  .object({
    base: z.string(),
    head: z.string(),
    schema: z.array(SchemaChange),
    key: z.array(z.string()).meta({ description: 'What rows were matched by; whole rows where empty' }),
    rows: z.object({
      base: z.number().int(),
      head: z.number().int(),
      added: z.number().int(),
      removed: z.number().int(),
      changed: z.number().int(),
      unchanged: z.number().int(),
    }),
    samples: z.object({
      added: z.array(z.record(z.string(), Json)),
      removed: z.array(z.record(z.string(), Json)),
      changed: z.array(
        z.object({
          key: z.record(z.string(), Json),
          values: z.record(z.string(), z.object({ base: Json, head: Json })),
        }),
      ),
    }),
    changed_columns: z.array(z.object({ column: z.string(), rows: z.number().int() })),
    shifts: z
      .array(
        z.object({
          column: z.string(),
          method: z.enum(['wasserstein', 'jensenshannon']),
          score: z.number(),
          base: ColumnProfile,
          head: ColumnProfile,
        }),
      )
      .meta({ description: 'Common columns, those that moved most first' }),
  })
  .meta({ id: 'SnapshotDiff' })
export type SnapshotDiff = z.infer<typeof SnapshotDiff>

export const SnapshotQuery = z.object({
  sql: z
    .string()
    .min(1)
    .max(100_000)
    .meta({ description: 'One select in the SQL of DuckDB; the snapshot is the table `data`' }),
  limit: z.number().int().min(1).max(10_000).default(1000),
  timeout_ms: z.number().int().min(100).max(60_000).default(30_000),
  others: z
    .record(z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/), z.string())
    .default({})
    .meta({ description: 'More tables: name and id of a snapshot' }),
})
export type SnapshotQuery = z.infer<typeof SnapshotQuery>

export const QueryResult = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(Json)),
    is_complete: z.boolean().meta({ description: 'False where rows beyond the limit were left out' }),
    elapsed_ms: z.number(),
  })
  .meta({ id: 'QueryResult' })
export type QueryResult = z.infer<typeof QueryResult>

/** A file of a snapshot of files. */
export const SnapshotFile = z
  .object({
    path: z.string(),
    sha256: Sha256,
    bytes: z.number().int(),
    width: z.number().int().optional(),
    height: z.number().int().optional(),
    format: z.string().optional(),
    label: z.string().optional(),
  })
  .meta({ id: 'SnapshotFile' })
export type SnapshotFile = z.infer<typeof SnapshotFile>

/** What one expectation found. `not_evaluated` where it could not be evaluated: then it is not a success. */
export const CheckResult = z
  .object({
    expectation: Expectation,
    success: z.boolean(),
    error: z.string().optional().meta({ description: 'Why it could not be evaluated' }),
    element_count: z.number().int().optional(),
    unexpected_count: z.number().int().optional(),
    observed: Json.optional().meta({ description: 'What was found: a count, a range, a list' }),
    missing_count: z.number().int().optional(),
    unexpected_sample: z.array(Json).optional().meta({ description: 'The first unexpected values, at most 20' }),
  })
  .meta({ id: 'CheckResult' })
export type CheckResult = z.infer<typeof CheckResult>

export const ValidationResult = z
  .object({
    id: z.string().meta({ description: 'val_…' }),
    snapshot_id: z.string(),
    project: Slug,
    dataset: Slug,
    success: z.boolean(),
    evaluated: z.number().int(),
    failed: z.number().int(),
    failed_by_severity: z.object({ critical: z.number().int(), warning: z.number().int(), info: z.number().int() }),
    not_evaluated: z.number().int().meta({ description: 'Of those that failed, how many could not be evaluated' }),
    suite: z.string().meta({ description: 'Name of the suite; `declared` for that of the project' }),
    checks: z.array(CheckResult),
    created_at: Timestamp,
  })
  .meta({ id: 'ValidationResult' })
export type ValidationResult = z.infer<typeof ValidationResult>

export const Dataset = z
  .object({
    project: Slug,
    name: Slug,
    description: z.string().optional(),
    is_declared: z
      .boolean()
      .meta({ description: 'False where it was added, imported or pulled, and no project declares it' }),
    source: SourceDefinition.optional(),
    columns: z.record(z.string(), ColumnDefinition),
    key: z.array(z.string()),
    time: z.string().optional(),
    bad_rows: BadRowPolicy,
    expectations: z.array(Expectation),
    latest_snapshot: Snapshot.optional(),
    snapshot_count: z.number().int(),
    latest_ingest: Ingest.optional(),
  })
  .meta({ id: 'Dataset' })
export type Dataset = z.infer<typeof Dataset>

/** The first rows of a snapshot: values by row, in the order of `columns`; moments as text. */
export const SnapshotPreview = z
  .object({ columns: z.array(SnapshotColumn), rows: z.array(z.array(Json)), row_count: z.number().int() })
  .meta({ id: 'SnapshotPreview' })
export type SnapshotPreview = z.infer<typeof SnapshotPreview>

/** What taking files to a snapshot gave. */
export const FilesAdded = z
  .object({
    snapshot_id: z.string(),
    content_hash: z.string(),
    is_new: z.boolean().meta({ description: 'False where the same content was there already' }),
    files: z.number().int(),
    files_read: z.number().int().meta({ description: 'Those whose content had to be read' }),
    bytes: z.number().int(),
    left_out: z.array(z.object({ path: z.string(), reason: z.string(), reason_fr: z.string().optional() })),
    left_out_count: z.number().int(),
  })
  .meta({ id: 'FilesAdded' })
export type FilesAdded = z.infer<typeof FilesAdded>
