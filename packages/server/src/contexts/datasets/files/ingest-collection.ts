import { appendFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type DatasetDefinition, FabriqueError, ingestNote, type Project, type Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, sqlText, type VerbContext } from '../../../platform/index.js'
import { recordLineage } from '../../lineage/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { storedNote } from '../ingest-notes.js'
import { type IngestCounts, ingestTables } from '../ingest-store.js'
import { snapshotThing } from '../lineage-things.js'
import { datasetTables } from '../store.js'
import type { AddedCollection } from './add-collection.js'
import { addFiles } from './add-files.js'
import { wordedFault } from './fault-words.js'
import type { CollectionForm, LeftOut } from './model.js'
import type { Report } from './take-files.js'

/** An ingest that has begun, of a data set whose source is files. */
export interface CollectionIngest {
  readonly ctx: VerbContext
  readonly project: Project
  readonly dataset: DatasetDefinition
  readonly ingest: string
  /** Of this ingest alone; it goes away after it. */
  readonly folder: string
  readonly report: Report
}

/** The form and the path of a source of files; undefined for one of rows. */
export function collectionSourceOf({
  source,
}: DatasetDefinition): { readonly form: CollectionForm; readonly path: string } | undefined {
  if (source.kind === 'files') return { form: 'files', path: source.path }
  if (source.kind !== 'images') return undefined
  return { form: source.label === 'folder' ? 'labelled_images' : 'images', path: source.path }
}

/**
 * Takes the files of a source to a snapshot and ends the ingest. Files that cannot be taken are in its quarantine as `unreadable_file`, and
 * the rest goes on, up to the share that the policy of the data set allows. Errors: those of `addFiles`, `quarantine_share_exceeded`.
 */
export async function ingestCollection(
  run: CollectionIngest,
): Promise<{ readonly snapshot: Snapshot; readonly created: boolean }> {
  const { ctx, project, dataset, ingest } = run
  const source = collectionSourceOf(dataset)
  if (source === undefined)
    throw new FabriqueError('source_kind_unknown', { dataset: dataset.name, kind: dataset.source.kind })
  const added = await addFiles({
    ctx,
    input: {
      project: project.name,
      dataset: dataset.name,
      form: source.form,
      kind: dataset.source.kind,
      path: resolve(project.folder, source.path),
      location: source.path,
      report: run.report,
      accept: ({ leftOut, files }) => checkShare(dataset, leftOut, files),
    },
  })
  const quarantine = added.leftOut.length === 0 ? undefined : await writeQuarantine(run, added.leftOut)
  const input = { ingest, snapshot: added.snapshot.id, is_new: added.created, counts: countsOf(added) }
  await endCollection({ ctx, input: { ...input, ...(quarantine === undefined ? {} : { quarantine }) } })
  return { snapshot: await getSnapshot({ ctx, input: { snapshot: added.snapshot.id } }), created: added.created }
}

function checkShare({ name, bad_rows }: DatasetDefinition, leftOut: readonly LeftOut[], files: number): void {
  const [first] = leftOut
  const total = files + leftOut.length
  if (first === undefined || bad_rows.mode !== 'quarantine' || leftOut.length / total <= bad_rows.max_share) return
  throw new FabriqueError('quarantine_share_exceeded', {
    path: first.path,
    line: 0,
    column: '-',
    ...wordedFault(first.reason),
    count: leftOut.length,
    total,
    dataset: name,
    max_share: bad_rows.max_share,
  })
}

function countsOf({ files, goodRead, bytesRead, filesRead, leftOut }: AddedCollection): IngestCounts {
  return {
    files_found: files + leftOut.length,
    files_read: filesRead,
    bytes_read: bytesRead,
    rows_read: goodRead + leftOut.length,
    rows_good: goodRead,
    rows_quarantined: leftOut.length,
    rows_kept: files - goodRead,
  }
}

/** Writes what was left out as other quarantines are written. */
async function writeQuarantine({ ctx, folder }: CollectionIngest, leftOut: readonly LeftOut[]): Promise<string> {
  const lines = join(folder, 'left-out.ndjson')
  const target = join(folder, 'left-out.parquet')
  await rm(lines, { force: true })
  await appendFile(
    lines,
    leftOut
      .map(
        (file) =>
          `${JSON.stringify({ file: file.path, detail: storedNote('file_unreadable', wordedFault(file.reason)) })}\n`,
      )
      .join(''),
  )
  await ctx.data.use(
    (connection) =>
      connection.run(
        `copy (select file, cast(null as bigint) as line, cast(null as varchar) as "column", cast(null as varchar) as value,
           'unreadable_file' as reason, detail, cast(null as varchar) as "row"
         from read_json(${sqlText(lines)}, format = 'newline_delimited', columns = {file: 'VARCHAR', detail: 'VARCHAR'}))
         to ${sqlText(target)} (format parquet, compression zstd)`,
      ),
    ctx.signal,
  )
  return (await ctx.blobs.adopt(target)).sha256
}

const endCollection = changeVerb({
  name: 'datasets.end_collection',
  permission: 'datasets.write',
  input: z.object({
    ingest: z.string(),
    snapshot: z.string(),
    is_new: z.boolean(),
    counts: z.custom<IngestCounts>(),
    quarantine: z.string().optional(),
  }),
  async run({ ctx, input, record }): Promise<void> {
    const { ingest, is_new, counts } = input
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const { project, dataset } = snapshot
    if (is_new) {
      await datasetTables(ctx)
        .updateTable('snapshots')
        .set({ ingest_id: ingest })
        .where('id', '=', snapshot.id)
        .where('ingest_id', 'is', null)
        .execute()
    }
    await ingestTables(ctx)
      .updateTable('ingest_runs')
      .set({
        state: 'succeeded',
        ended_at: ctx.clock.now(),
        ...counts,
        warnings: JSON.stringify(
          counts.rows_quarantined === 0
            ? []
            : [ingestNote('files_left_out', { count: counts.rows_quarantined, total: counts.files_found })],
        ),
        quarantine_sha256: input.quarantine ?? null,
        snapshot_id: snapshot.id,
        is_new,
      })
      .where('id', '=', ingest)
      .execute()
    const run = { kind: 'ingest' as const, id: ingest }
    const detail = { dataset, rows: counts.rows_read, quarantined: counts.rows_quarantined }
    await recordLineage(ctx, {
      things: [{ ...run, label: `${dataset} ${ingest.slice(4, 12)}`, project, detail }, snapshotThing(snapshot)],
      steps: [{ from: run, to: { kind: 'snapshot', id: snapshot.id }, relation: is_new ? 'made' : 'found again' }],
    })
    const payload = {
      project,
      dataset,
      ingest_id: ingest,
      state: 'succeeded',
      rows_quarantined: counts.rows_quarantined,
    }
    await record({ subject: `ingests/${ingest}`, event: 'ingest.finished', payload })
  },
})
