import { z } from 'zod'
import { Slug, Timestamp } from './common.js'

/** Where snapshots are shared: a folder, or a bucket of any S3-compatible server. Credentials come from the environment. */
export const RemoteDefinition = z.object({
  url: z.string().min(1).max(2000).meta({ description: 'A folder, or s3://bucket/prefix' }),
  endpoint: z.url().optional().meta({ description: 'Of another server than AWS' }),
  region: z.string().max(60).optional(),
  is_default: z.boolean().default(false),
})
export type RemoteDefinition = z.infer<typeof RemoteDefinition>

export const Remote = RemoteDefinition.extend({
  name: Slug,
  created_at: Timestamp,
  updated_at: Timestamp,
}).meta({ id: 'Remote' })
export type Remote = z.infer<typeof Remote>

/** Which snapshots to send or fetch; all where nothing is chosen. */
export const SnapshotSelection = z.object({
  project: Slug.optional(),
  dataset: Slug.optional(),
  refs: z
    .array(z.string().max(200))
    .max(1000)
    .default([])
    .meta({ description: 'Of the data set: ids, tags, latest, beginnings of hashes' }),
  threads: z.number().int().min(1).max(64).default(8).meta({ description: 'Transfers at once' }),
})
export type SnapshotSelection = z.infer<typeof SnapshotSelection>

/** What `push` or `pull` did. */
export const TransferResult = z
  .object({
    snapshots: z.number().int(),
    blobs: z.number().int().meta({ description: 'Contents that were sent' }),
    bytes: z.number().int(),
    skipped: z.number().int().meta({ description: 'Contents that were there already' }),
    tag_conflicts: z
      .array(z.object({ project: Slug, dataset: Slug, tag: Slug, here: z.string(), there: z.string() }))
      .default([])
      .meta({ description: 'Tags that stand for another snapshot here than there; they stayed as they are here' }),
  })
  .meta({ id: 'TransferResult' })
export type TransferResult = z.infer<typeof TransferResult>

/** Which snapshots `gc` keeps. Tagged ones, the newest of each data set, and those in use always stay. */
export const CollectRequest = z.object({
  project: Slug.optional(),
  dataset: Slug.optional(),
  keep_newest: z.number().int().min(1).max(100_000).default(1),
  keep_days: z.number().min(0).max(36_500).default(30),
  dry_run: z.boolean().default(true),
  reason: z.string().max(500).default(''),
})
export type CollectRequest = z.infer<typeof CollectRequest>

export const CollectResult = z
  .object({
    snapshots: z.array(
      z.object({
        id: z.string(),
        project: z.string(),
        dataset: z.string(),
        created_at: Timestamp,
        bytes: z.number().int(),
      }),
    ),
    blobs: z.number().int(),
    bytes: z.number().int().meta({ description: 'Freed in the blob store' }),
    dry_run: z.boolean(),
  })
  .meta({ id: 'CollectResult' })
export type CollectResult = z.infer<typeof CollectResult>

/** What adopting a DVC repository did. */
export const DvcImportResult = z
  .object({
    datasets: z.array(
      z.object({
        path: z.string().meta({ description: 'Of the output, from the top of the repository' }),
        dataset: Slug,
        snapshot_id: z.string(),
        state: z.enum(['created', 'unchanged']),
      }),
    ),
    skipped: z.array(
      z.object({ path: z.string(), reason: z.enum(['empty_folder']).meta({ description: 'A snapshot has files' }) }),
    ),
  })
  .meta({ id: 'DvcImportResult' })
export type DvcImportResult = z.infer<typeof DvcImportResult>

/** What writing `.dvc` files did. */
export const DvcExportResult = z
  .object({
    folder: z.string(),
    datasets: z.array(
      z.object({
        dataset: Slug,
        snapshot_id: z.string(),
        path: z.string().meta({ description: 'Of the output in the folder; its file has .dvc at the end' }),
        md5: z.string(),
        files: z.number().int(),
        bytes: z.number().int(),
      }),
    ),
    objects: z.number().int().meta({ description: 'Contents that were written to the cache' }),
    is_checked_out: z.boolean(),
  })
  .meta({ id: 'DvcExportResult' })
export type DvcExportResult = z.infer<typeof DvcExportResult>
