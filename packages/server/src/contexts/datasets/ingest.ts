import { createHash } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type DatasetDefinition, FabriqueError, type Snapshot, SnapshotColumn } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { datasetOf, getProject } from '../projects/index.js'
import { csvToParquet } from './read-csv.js'
import { type ScannedFile, scanFile } from './scan-file.js'
import { datasetTables, type SnapshotRow, toSnapshot } from './store.js'

/** Raised when the same source would give another Parquet file, so that it is read again. */
const readerVersion = 1

export interface IngestResult {
  readonly snapshot: Snapshot
  /** False when this content was there already. */
  readonly created: boolean
}

/**
 * Takes the source of a data set to an immutable snapshot. The same content gives the same snapshot; a failure leaves
 * nothing behind. Errors: `source_not_found`, `source_empty`, `source_unreadable`, `source_columns_mismatch`,
 * `source_rows_rejected`, `disk_full`.
 */
export const ingest = taskVerb({
  name: 'datasets.ingest',
  permission: 'datasets.write',
  input: z.object({ project: z.string(), dataset: z.string() }),
  async run({ ctx, input }): Promise<IngestResult> {
    const project = await getProject({ ctx, input: { project: input.project } })
    const dataset = datasetOf(project, input.dataset)
    const source = await describeSource(resolve(project.folder, dataset.source.path), dataset)
    const sourceKey = createHash('sha256')
      .update(canonicalJson({ sha256: source.sha256, columns: dataset.columns, readerVersion }))
      .digest('hex')
    const known = await findIngested(ctx, project.name, dataset.name, sourceKey)
    if (known !== undefined) return { snapshot: known, created: false }

    const target = join(ctx.blobs.stagingFolder, ctx.ids.prefixed('snap'))
    try {
      const content = await ctx.data.use(
        (connection) => csvToParquet(connection, { ...source, shownPath: dataset.source.path, target }, dataset),
        ctx.signal,
      )
      const blob = await ctx.blobs.adopt(target)
      return await recordSnapshot({
        ctx,
        input: {
          project: project.name,
          dataset: dataset.name,
          source_key: sourceKey,
          content_hash: blob.sha256,
          bytes: blob.bytes,
          row_count: content.rowCount,
          columns: [...content.columns],
          source: {
            kind: dataset.source.kind,
            location: dataset.source.path,
            bytes: source.bytes,
            sha256: source.sha256,
          },
        },
      })
    } finally {
      await rm(target, { force: true })
    }
  },
})

interface FoundSource extends ScannedFile {
  readonly path: string
}

async function describeSource(path: string, dataset: DatasetDefinition): Promise<FoundSource> {
  const names = { path: dataset.source.path, dataset: dataset.name }
  const found = await stat(path).catch((error: unknown) => {
    throw new FabriqueError('source_not_found', names, { cause: error })
  })
  if (!found.isFile()) throw new FabriqueError('source_unreadable', { ...names, reason: 'it is not a file' })
  if (found.size === 0) throw new FabriqueError('source_empty', names)
  try {
    return { path, ...(await scanFile(path)) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('source_unreadable', { ...names, reason }, { cause: error })
  }
}

async function findIngested(
  ctx: VerbContext,
  project: string,
  dataset: string,
  sourceKey: string,
): Promise<Snapshot | undefined> {
  const row = await datasetTables(ctx)
    .selectFrom('ingests')
    .innerJoin('snapshots', 'snapshots.id', 'ingests.snapshot_id')
    .selectAll('snapshots')
    .where('ingests.project', '=', project)
    .where('ingests.dataset', '=', dataset)
    .where('ingests.source_key', '=', sourceKey)
    .executeTakeFirst()
  // The row is not enough: the content has to be there as well.
  if (row === undefined || (await ctx.blobs.size(row.content_hash)) === undefined) return undefined
  return toSnapshot(row as SnapshotRow)
}

const recordSnapshot = changeVerb({
  name: 'datasets.record_snapshot',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    source_key: z.string(),
    content_hash: z.string(),
    bytes: z.number(),
    row_count: z.number(),
    columns: z.array(SnapshotColumn),
    source: z.object({ kind: z.string(), location: z.string(), bytes: z.number(), sha256: z.string() }),
  }),
  async run({ ctx, input, record, unchanged }): Promise<IngestResult> {
    const tables = datasetTables(ctx)
    const { source_key, columns, source, ...values } = input
    const at = ctx.clock.now()
    const created = await tables
      .insertInto('snapshots')
      .values({
        id: ctx.ids.prefixed('snap'),
        ...values,
        columns: JSON.stringify(columns),
        source: JSON.stringify(source),
        created_at: at,
      })
      .onConflict((conflict) => conflict.columns(['project', 'dataset', 'content_hash']).doNothing())
      .returningAll()
      .executeTakeFirst()
    const row =
      created ??
      (await tables
        .selectFrom('snapshots')
        .selectAll()
        .where('project', '=', input.project)
        .where('dataset', '=', input.dataset)
        .where('content_hash', '=', input.content_hash)
        .executeTakeFirstOrThrow())
    await tables
      .insertInto('ingests')
      .values({ project: input.project, dataset: input.dataset, source_key, snapshot_id: row.id, at })
      .onConflict((conflict) =>
        conflict.columns(['project', 'dataset', 'source_key']).doUpdateSet({ snapshot_id: row.id, at }),
      )
      .execute()
    if (created === undefined) unchanged()
    else {
      await record({
        subject: `snapshots/${row.id}`,
        event: 'snapshot.created',
        payload: { project: input.project, dataset: input.dataset, snapshot_id: row.id },
      })
    }
    return { snapshot: toSnapshot(row as SnapshotRow), created: created !== undefined }
  },
})
