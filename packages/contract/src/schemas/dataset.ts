import { z } from 'zod'
import { Json, Sha256, Slug, Timestamp } from './common.js'
import { ColumnDefinition, ColumnType, Expectation, SourceDefinition } from './project.js'

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

/** Immutable content of a data set: a Parquet file (zstd) in the blob store, named by the hash of its bytes. */
export const Snapshot = z
  .object({
    id: z.string().meta({ description: 'snap_…' }),
    project: Slug,
    dataset: Slug,
    content_hash: Sha256,
    source: z.object({ kind: z.string(), location: z.string(), bytes: z.number().int(), sha256: Sha256 }),
    columns: z.array(SnapshotColumn),
    row_count: z.number().int(),
    bytes: z.number().int().meta({ description: 'Size of the Parquet file' }),
    created_at: Timestamp,
  })
  .meta({ id: 'Snapshot' })
export type Snapshot = z.infer<typeof Snapshot>

export const CheckResult = z
  .object({
    expectation: Expectation,
    success: z.boolean(),
    element_count: z.number().int().optional(),
    unexpected_count: z.number().int().optional(),
    observed: Json.optional().meta({ description: 'What was found: a count, a range, a list' }),
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
    source: SourceDefinition,
    columns: z.record(z.string(), ColumnDefinition),
    expectations: z.array(Expectation),
    latest_snapshot: Snapshot.optional(),
    snapshot_count: z.number().int(),
  })
  .meta({ id: 'Dataset' })
export type Dataset = z.infer<typeof Dataset>

/** The first rows of a snapshot: values by row, in the order of `columns`; moments as text. */
export const SnapshotPreview = z
  .object({ columns: z.array(SnapshotColumn), rows: z.array(z.array(Json)), row_count: z.number().int() })
  .meta({ id: 'SnapshotPreview' })
export type SnapshotPreview = z.infer<typeof SnapshotPreview>
