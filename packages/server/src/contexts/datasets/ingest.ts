import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BareNote,
  type DatasetDefinition,
  type Expectation,
  expectationSentence,
  FabriqueError,
  ingestNote,
  ingestNoteText,
  isFabriqueError,
  type JobProgress,
  type Project,
  type Snapshot,
  type SnapshotColumn,
  sourceLocation,
} from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { getProject } from '../projects/index.js'
import { duckdbType } from './column-types.js'
import { collectionSourceOf, ingestCollection } from './files/ingest-collection.js'
import { currentDataset } from './generated-source.js'
import { definitionFor, type GivenSource, listUpload } from './given-source.js'
import { storedNote } from './ingest-notes.js'
import { type TakenParts, takeParts, typesKeyOf } from './ingest-parts.js'
import { type IngestProgress, ingestProgress } from './ingest-progress.js'
import { beginIngest, failIngest, PartGone, type RecordedSnapshot, recordSnapshot } from './ingest-record.js'
import { schemaChanges, snapshotColumns } from './ingest-schema.js'
import { type IngestCounts, ingestTables, storedState } from './ingest-store.js'
import type { RecordedPart } from './pushed-parts.js'
import { gatherQuarantine } from './quarantine-file.js'
import type { PartColumn, RowCondition } from './read-rows.js'
import { keepProfile } from './snapshots/ensure-profile.js'
import { newestSnapshotId } from './snapshots/newest-snapshot.js'
import { profileAhead } from './snapshots/profile-ahead.js'
import { listSource } from './sources/drivers.js'
import type { SourceAccess } from './sources/source-driver.js'
import { datasetTables, type SnapshotRow, toSnapshot } from './store.js'

export interface IngestResult {
  readonly snapshot: Snapshot
  /** False when this content was there already. */
  readonly created: boolean
  readonly ingest_id: string
}

/** The job that an ingest is, where it is one. */
export interface IngestJob {
  readonly id: string
  report(progress: JobProgress): void
}

/** What an ingest gets from above. */
export interface IngestTools {
  /** What sources may use; without it they get no secrets, no private hosts and no drivers of projects. */
  readonly access?: SourceAccess
  /**
   * SQL of the engine that is true for the rows that break an expectation, over columns with the types of the engine; undefined for an
   * expectation that single rows do not break.
   */
  readonly rowCondition?: (
    expectation: Expectation,
    columns: readonly { readonly name: string; readonly type: string }[],
  ) => string | undefined
}

/**
 * Takes the source of a data set to an immutable snapshot. The same content gives the same snapshot; a failure leaves no snapshot and no
 * content, but its quarantine. Errors: those of the source (`source_not_found`, `source_empty`, `source_unreadable`, `source_changed`,
 * `source_columns_mismatch`, `source_lines_lost`, `source_kind_unknown`), `source_rows_rejected`, `quarantine_share_exceeded`, `disk_full`.
 */
export const ingest = taskVerb({
  name: 'datasets.ingest',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    /** Reads again what was taken already. */
    full: z.boolean().default(false),
    /** Read in place of the declared source. */
    given: z.custom<GivenSource>().optional(),
    job: z.custom<IngestJob>().optional(),
    tools: z.custom<IngestTools>().default({}),
  }),
  async run({ ctx, input }): Promise<IngestResult> {
    const project = await getProject({ ctx, input: { project: input.project } })
    const declared = definitionFor(project, input.dataset, input.given)
    const asked = { given: input.given, isFull: input.full }
    const { dataset, state } = await currentDataset(ctx, { project, declared }, asked)
    const id = ctx.ids.prefixed('ing')
    // A worker that takes up the job of one that died removes what that left.
    const folder = join(ctx.blobs.stagingFolder, `ingest-${input.job?.id ?? id}`)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const names = { ingest: id, project: project.name, dataset: dataset.name }
    const source = { kind: input.given?.kind ?? dataset.source.kind, location: sourceLocation(dataset.source) }
    const run: IngestRun = {
      ctx,
      project,
      dataset,
      given: input.given,
      source,
      state,
      id,
      folder,
      isFull: input.full,
      tools: input.tools,
      job: input.job,
      progress: ingestProgress(ctx.clock, (progress) => input.job?.report(progress)),
      found: { warnings: [] },
    }
    try {
      await beginIngest({
        ctx,
        input: {
          ...names,
          policy: dataset.bad_rows,
          source,
          ...(input.job === undefined ? {} : { job: input.job.id }),
        },
      })
      if (collectionSourceOf(dataset) !== undefined) {
        const report = (progress: JobProgress) => input.job?.report(progress)
        return { ...(await ingestCollection({ ctx, project, dataset, ingest: id, folder, report })), ingest_id: id }
      }
      for (let attempt = 1; ; attempt += 1) {
        try {
          return { ...(await takeSource(run)), ingest_id: id }
        } catch (error) {
          // Another snapshot was erased meanwhile, and with it a part that was to be kept: it is read again.
          if (!(error instanceof PartGone) || attempt === 3) throw error
        }
      }
    } catch (error) {
      await recordFailure(run, error)
      throw error
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

interface IngestRun {
  readonly ctx: VerbContext
  readonly project: Project
  readonly dataset: DatasetDefinition
  readonly given: GivenSource | undefined
  /** Kept for the next ingest, unless its driver keeps something itself. */
  readonly state: Readonly<Record<string, string>> | undefined
  /** What it reads, for people. */
  readonly source: { readonly kind: string; readonly location: string }
  readonly id: string
  readonly folder: string
  readonly isFull: boolean
  readonly tools: IngestTools
  readonly job: IngestJob | undefined
  readonly progress: IngestProgress
  /** What is known so far, for the record of a failure. */
  readonly found: { warnings: readonly BareNote[]; counts?: IngestCounts; quarantine?: string }
}

async function recordFailure(run: IngestRun, error: unknown): Promise<void> {
  const { ctx, found } = run
  const isCancelled = ctx.signal?.aborted === true
  const known = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
  // Where the database is away, the first error is the one to tell; the next ingest closes this one.
  await failIngest({
    ctx,
    input: {
      ingest: run.id,
      project: run.project.name,
      dataset: run.dataset.name,
      state: isCancelled ? 'cancelled' : 'failed',
      ...(isCancelled ? {} : { error: { code: known.code, params: known.params } }),
      ...(isCancelled || found.counts === undefined ? {} : { counts: found.counts }),
      ...(isCancelled || found.quarantine === undefined ? {} : { quarantine: found.quarantine }),
      warnings: [...found.warnings],
    },
  }).catch((failure: unknown) =>
    ctx.log.warn({ ingest: run.id, err: failure }, 'The end of an ingest was not recorded'),
  )
}

/** The newest snapshot of a data set, if any. */
async function newestSnapshot({ ctx, project, dataset }: IngestRun): Promise<Snapshot | undefined> {
  const id = await newestSnapshotId(ctx, { project: project.name, dataset: dataset.name })
  if (id === undefined) return undefined
  const row = await datasetTables(ctx)
    .selectFrom('snapshots')
    .selectAll()
    .where('id', '=', id)
    .where('kind', '=', 'table')
    .executeTakeFirst()
  return row === undefined ? undefined : toSnapshot(ctx, row as SnapshotRow)
}

/** Where a source with a cursor goes on: nothing where its snapshot is gone. */
async function stateOf({ ctx, project, dataset, isFull }: IngestRun) {
  if (isFull) return undefined
  const kept = await ingestTables(ctx)
    .selectFrom('source_states')
    .selectAll()
    .where('project', '=', project.name)
    .where('dataset', '=', dataset.name)
    .executeTakeFirst()
  if (kept === undefined) return undefined
  const row = await datasetTables(ctx)
    .selectFrom('snapshots')
    .selectAll()
    .where('id', '=', kept.snapshot_id)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const base = await toSnapshot(ctx, row as SnapshotRow)
  return { state: storedState(kept.state), base }
}

async function takeSource(run: IngestRun): Promise<RecordedSnapshot> {
  const { ctx, project, dataset, given, progress, tools } = run
  progress.stage('list')
  const kept = await stateOf(run)
  const listing =
    given?.kind !== 'upload'
      ? await listSource(dataset.source, {
          ctx,
          project: project.name,
          folder: project.folder,
          dataset: dataset.name,
          ...(tools.access ?? closedAccess),
          ...(kept === undefined ? {} : { state: kept.state }),
        })
      : listUpload(ctx, given)
  const newest = await newestSnapshot(run)
  const base = listing.mode === 'added' ? kept?.base : undefined
  const setAside = dataset.expectations.filter(({ action }) => action === 'quarantine')
  const conditionsOf = (columns: readonly PartColumn[]): readonly RowCondition[] => {
    // A category is kept as text.
    const typed = columns.map(({ name, type }) => ({ name, type: duckdbType({ type: type ?? 'text' }) }))
    return setAside.flatMap((expectation): RowCondition[] => {
      const condition = tools.rowCondition?.(expectation, typed)
      const { column } = expectation.kwargs
      const about = typeof column === 'string' ? { column } : {}
      return condition === undefined ? [] : [{ condition, detail: brokenNote(expectation), ...about }]
    })
  }
  const before: { readonly hash: string; readonly path: string; release(): Promise<void> }[] = []
  let files = 0
  try {
    for (const { sha256 } of base?.parts ?? []) before.push({ hash: sha256, ...(await ctx.blobs.localFile(sha256)) })
    const baseColumns = (base?.columns ?? []).map(
      ({ name, type, declared }): PartColumn => ({ name, type, declared, ...(declared ? {} : { natural: type }) }),
    )
    const taken = await takeParts({
      ctx,
      project: project.name,
      dataset,
      items: listing.items,
      partsBefore: before,
      typesBefore: base === undefined ? [] : [baseColumns],
      newestHashes: newest?.parts.map(({ sha256 }) => sha256) ?? [],
      nextPath: () => {
        files += 1
        return join(run.folder, `part-${files}`)
      },
      conditions: conditionsOf,
      isFull: run.isFull,
      progress,
    })
    await judge(run, taken, base)
    return await keep(run, { taken, base, baseColumns, newest, state: listing.state ?? run.state })
  } finally {
    for (const file of before) await file.release()
  }
}

const closedAccess: SourceAccess = {
  secret(name) {
    throw new FabriqueError('source_secret_missing', { name })
  },
  allowsPrivate: () => false,
  customSource(_project, driver) {
    throw new FabriqueError('source_driver_missing', { driver })
  },
}

/** Counts rows, stores those that were set aside, and ends the ingest where the policy says so. */
async function judge(run: IngestRun, { parts, unreadable }: TakenParts, base: Snapshot | undefined): Promise<void> {
  const { ctx, dataset, found } = run
  const read = parts.filter(({ wasRead }) => wasRead)
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const good = sum(read.map(({ goodCount }) => goodCount))
  const rejected = sum(read.map(({ rejectedCount }) => rejectedCount)) + unreadable.length
  const keptRows = sum(parts.map(({ wasRead, goodCount }) => (wasRead ? 0 : goodCount))) + (base?.row_count ?? 0)
  found.counts = {
    files_found: parts.length + unreadable.length,
    files_read: read.length + unreadable.length,
    bytes_read: sum(read.map(({ sourceBytes }) => sourceBytes)),
    rows_read: good + rejected,
    rows_good: good,
    rows_quarantined: rejected,
    rows_kept: keptRows,
  }
  found.warnings = [
    ...read.flatMap(({ warnings }) => warnings),
    ...read
      .filter(({ goodCount, rejectedCount }) => goodCount + rejectedCount === 0)
      .map(({ name }) => ingestNote('no_rows', { file: name })),
    ...unreadable.map(({ name: file, ...reason }) => ingestNote('cannot_be_read', { file, ...reason })),
    ...(rejected > 0 ? [ingestNote('rows_set_aside', { count: rejected, total: good + rejected })] : []),
  ]
  const names = { path: run.source.location, dataset: dataset.name }
  if (rejected === 0) {
    if (good + keptRows === 0) throw new FabriqueError('source_empty', names)
    return
  }
  const gathered = await gatherQuarantine(run, {
    files: read.flatMap(({ quarantine }) => quarantine ?? []),
    unreadable,
    target: join(run.folder, 'quarantine'),
  })
  ctx.signal?.throwIfAborted()
  found.quarantine = (await ctx.blobs.adopt(gathered.path)).sha256
  const { first } = gathered
  const where = {
    path: first.file,
    line: first.line ?? 0,
    column: first.column ?? '-',
    reason: first.detail?.message ?? first.reason,
    ...(first.detail === undefined ? {} : { reason_fr: ingestNoteText(first.detail, 'fr') }),
  }
  const policy = dataset.bad_rows
  if (policy.mode === 'block' || good + keptRows === 0) {
    const value = first.value ?? first.row?.slice(0, 100)
    throw new FabriqueError('source_rows_rejected', {
      ...where,
      count: rejected,
      value: first.reason === 'missing_value' ? '(empty)' : value === undefined ? '-' : JSON.stringify(value),
    })
  }
  if (policy.mode === 'quarantine' && rejected / (good + rejected) > policy.max_share) {
    throw new FabriqueError('quarantine_share_exceeded', {
      ...where,
      count: rejected,
      total: good + rejected,
      dataset: dataset.name,
      max_share: policy.max_share,
    })
  }
}

function brokenNote(expectation: Expectation): string {
  return storedNote('expectation_broken', {
    expectation: expectationSentence(expectation, 'en'),
    expectation_fr: expectationSentence(expectation, 'fr'),
  })
}

interface Keeping {
  readonly taken: TakenParts
  readonly base: Snapshot | undefined
  readonly baseColumns: readonly PartColumn[]
  readonly newest: Snapshot | undefined
  readonly state: Readonly<Record<string, string>> | undefined
}

/** Brings the parts to the blob store and writes the snapshot. */
async function keep(run: IngestRun, keeping: Keeping): Promise<RecordedSnapshot> {
  const { ctx, dataset, progress } = run
  const { taken, base, baseColumns } = keeping
  progress.stage('write')
  ctx.signal?.throwIfAborted()
  const withRows = taken.parts.filter(({ goodCount }) => goodCount > 0)
  const columns = snapshotColumns([baseColumns, ...withRows.map((part) => part.columns)], dataset)
  const [only, ...others] = withRows
  const isWhole = base === undefined && only?.written !== undefined && others.length === 0
  // Who waits for a job waits for the profile as well.
  const ahead =
    isWhole && run.job !== undefined
      ? profileAhead(ctx, { path: only.written, linkPath: `${only.written}.profile`, columns })
      : undefined
  try {
    const recorded = await keepParts(run, keeping, columns)
    // Rows that applications sent are in no profile of what was read.
    if (ahead !== undefined && recorded.created && recorded.snapshot.parts.length === 1) {
      progress.stage('profile')
      const profile = await ahead.figures
      const snapshot = recorded.snapshot.id
      // The snapshot is there: what fails from here on is no failure of the ingest. The job asks for the profile, and tells.
      if (profile !== undefined) await keepProfile({ ctx, input: { snapshot, profile } }).catch(() => undefined)
    }
    return recorded
  } finally {
    await ahead?.end()
  }
}

async function keepParts(
  { ctx, project, dataset, source, id, found }: IngestRun,
  { taken, base, newest, state }: Keeping,
  columns: readonly SnapshotColumn[],
): Promise<RecordedSnapshot> {
  const parts: RecordedPart[] = (base?.parts ?? []).map(({ source_sha256, ...part }) => ({ ...part, source_sha256 }))
  const kept = parts.map(({ sha256 }) => sha256)
  const remembered = []
  for (const part of taken.parts) {
    const blob = part.written === undefined ? undefined : await ctx.blobs.adopt(part.written)
    const stored = blob ?? (part.known === undefined ? undefined : { sha256: part.known.hash, bytes: part.known.bytes })
    if (blob === undefined && stored !== undefined) kept.push(stored.sha256)
    if (stored !== undefined) {
      parts.push({ ...stored, row_count: part.goodCount, source: part.name, source_sha256: part.contentHash })
    }
    remembered.push({
      name: part.name,
      mark: part.mark,
      contentHash: part.contentHash,
      sourceBytes: part.sourceBytes,
      partKey: part.partKey,
      typesKey: typesKeyOf(part.columns),
      parquetHash: stored?.sha256,
      bytes: stored?.bytes ?? 0,
      rowCount: part.goodCount,
      rejectedCount: part.rejectedCount,
      columns: part.columns,
      wasRead: part.wasRead,
    })
  }
  const [only] = taken.parts
  const hashes = taken.parts.map(({ contentHash }) => contentHash)
  return recordSnapshot({
    ctx,
    input: {
      ingest: id,
      project: project.name,
      dataset: dataset.name,
      columns: [...columns],
      parts,
      kept,
      remembered,
      source: {
        ...source,
        bytes: taken.parts.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0),
        sha256:
          only !== undefined && taken.parts.length === 1
            ? only.contentHash
            : createHash('sha256').update(canonicalJson(hashes)).digest('hex'),
        files: taken.parts.length,
      },
      ...(state === undefined ? {} : { state }),
      counts: found.counts ?? emptyCounts,
      schema_changes: newest === undefined ? [] : schemaChanges(newest.columns, columns),
      warnings: [...found.warnings],
      ...(found.quarantine === undefined ? {} : { quarantine: found.quarantine }),
    },
  })
}

const emptyCounts: IngestCounts = {
  files_found: 0,
  files_read: 0,
  bytes_read: 0,
  rows_read: 0,
  rows_good: 0,
  rows_quarantined: 0,
  rows_kept: 0,
}
