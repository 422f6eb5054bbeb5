import { FabriqueError, type Snapshot, SnapshotColumn } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { findDeclared } from './get-dataset.js'
import { beginIngest, contentHashOf, type RecordedSnapshot, recordSnapshot } from './ingest-record.js'

/**
 * Writes the snapshot of rows that were made here, of which the Parquet files are in the blob store already; for verbs of higher contexts,
 * which tell the lineage of what it was made from. The same content gives the snapshot that is there. Throws `dataset_declared`.
 */
export const keepTable = changeVerb({
  name: 'datasets.keep_table',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    parts: z.array(z.object({ sha256: z.string(), bytes: z.number(), row_count: z.number().int() })),
    columns: z.array(SnapshotColumn),
    source: z.object({ kind: z.string(), location: z.string() }),
    job: z.string().optional(),
  }),
  async run({ ctx, input, unchanged }): Promise<RecordedSnapshot & { readonly ingest_id: string }> {
    const { project, dataset, parts, columns, source, job } = input
    const total = (of: 'bytes' | 'row_count') => parts.reduce((sum, part) => sum + part[of], 0)
    refuseDeclaredTable(await findDeclared(ctx, { project, dataset }), { project, dataset })
    const ingest = ctx.ids.prefixed('ing')
    const names = { ingest, project, dataset }
    // Its begin and its end are the changes, and record themselves.
    unchanged()
    await beginIngest({
      ctx,
      input: { ...names, policy: { mode: 'block' }, source, ...(job === undefined ? {} : { job }) },
    })
    const recorded = await recordSnapshot({
      ctx,
      input: {
        ...names,
        columns,
        parts: parts.map((part) => ({ ...part, source: source.location, source_sha256: undefined })),
        kept: [],
        remembered: [],
        source: { ...source, bytes: total('bytes'), sha256: contentHashOf(parts.map(({ sha256 }) => sha256)) },
        counts: {
          files_found: 0,
          files_read: 0,
          bytes_read: 0,
          rows_read: total('row_count'),
          rows_good: total('row_count'),
          rows_quarantined: 0,
          rows_kept: 0,
        },
        schema_changes: [],
        warnings: [],
      },
    })
    return { ...recorded, ingest_id: ingest }
  },
})

function refuseDeclaredTable(
  declared: object | undefined,
  { project, dataset }: Pick<Snapshot, 'project' | 'dataset'>,
): void {
  if (declared !== undefined) throw new FabriqueError('dataset_declared', { dataset, project })
}
