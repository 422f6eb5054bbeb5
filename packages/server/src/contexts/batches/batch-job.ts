import { createReadStream } from 'node:fs'
import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { FabriqueError, type JobProgress, type Json, type Snapshot, type SnapshotColumn } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import {
  changeVerb,
  inferredType,
  inTransaction,
  isDatabaseAway,
  rowsOf,
  sqlText,
  toDatabaseError,
  type VerbContext,
} from '../../platform/index.js'
import { getSnapshot, keepTable, localParts, snapshotThing, tableOfParts } from '../datasets/index.js'
import { getJob, type JobHandler } from '../jobs/index.js'
import { type LineageThing, recordLineage } from '../lineage/index.js'
import { versionLineage } from '../registry/index.js'
import { checkOutVersion, type ReadOnline } from '../serving/index.js'
import type { BatchAnswered, BatchAsked } from './batch-messages.js'
import { type BatchVersion, findBatchVersion } from './find-batch-version.js'
import { isolateBatch } from './isolate-batch.js'
import { namesKeys, refusedColumn, writeWithFeatures } from './look-up-rows.js'
import type { BatchProgress, RowColumn } from './model.js'
import type { BatchPython } from './open-batch-model.js'
import { BatchJobInput, batchJobKind } from './start-batch.js'
import { batchTables } from './store.js'

export interface BatchTools {
  readonly threads: number
  /** Computes what is no ONNX; such models are refused without. */
  readonly python?: BatchPython
  /** Memory that the process may take; the limit without. */
  readonly memoryBytesMax?: number
  /** Rows of a part; the limit without. */
  readonly partRows?: number
  /** Reads the online store, for models that find their features by key. */
  readonly readOnline?: (ctx: VerbContext, request: Parameters<ReadOnline>[0]) => ReturnType<ReadOnline>
  /** Told of the process of each batch. */
  readonly onProcess?: (pid: number) => void
}

/**
 * Answers a batch in a process of its own. Parts that are done stay in the staging folder of this machine until the batch is over, so that a
 * worker that begins it again goes on after the last of them; on another machine it begins anew, with the same answers.
 */
export function batchJob(tools: BatchTools): JobHandler {
  return async ({ ctx, id, input: given, report }) => {
    const input = BatchJobInput.parse(given)
    const folder = join(ctx.blobs.stagingFolder, `batch-${id}`)
    const began = ctx.clock.monotonicMs()
    try {
      const { signal: _signal, ...lasting } = ctx
      const version = await findBatchVersion(lasting, { model: input.model, version: String(input.version) })
      const snapshot = await getSnapshot({ ctx: lasting, input: { snapshot: input.snapshot_id } })
      const answered = await answer(ctx, { input, version, snapshot, folder, tools, report })
      ctx.signal?.throwIfAborted()
      report({ stage: 'write', rows_done: answered.rows })
      const seconds = (ctx.clock.monotonicMs() - began) / 1000
      const result = await keepAnswers(lasting, { input, job: id, snapshot, answered, seconds })
      await removeWork(folder)
      return result
    } catch (error) {
      // A worker that stops, or lost its database, leaves the parts to the one that begins the job again.
      const isLeft = ctx.signal?.aborted === true || isDatabaseAway(toDatabaseError(error))
      if (!isLeft || (await isCancelled(ctx, id))) await removeWork(folder)
      throw error
    }
  }
}

async function isCancelled(ctx: VerbContext, job: string): Promise<boolean> {
  const { signal: _signal, ...lasting } = ctx
  const found = await getJob({ ctx: lasting, input: { job } }).catch(() => undefined)
  return found?.cancel_requested === true
}

interface Answering {
  readonly input: BatchJobInput
  readonly version: BatchVersion
  readonly snapshot: Snapshot
  readonly folder: string
  readonly tools: BatchTools
  report(progress: JobProgress): void
}

async function answer(ctx: VerbContext, asked: Answering): Promise<BatchAnswered> {
  const { input, version, snapshot, folder, tools, report } = asked
  const parts = await localParts(ctx, snapshot)
  try {
    const model = await localModel(ctx, version, tools)
    try {
      const rows = await rowsOfBatch(ctx, asked, parts.paths)
      return await isolateBatch({
        asked: {
          model: model.asked,
          ...rows,
          kept: input.columns,
          folder,
          identity: { model: version.sha256, rows: snapshot.content_hash },
          partRows: tools.partRows ?? limit('batches.part_rows'),
          rejectedMax: input.max_rejected,
          threads: tools.threads,
          memoryBytesMax: tools.memoryBytesMax ?? limit('batches.memory_bytes_max'),
          language: input.language,
        },
        signal: ctx.signal,
        onStart: tools.onProcess,
        onProgress: (progress) => report(toJobProgress(progress)),
      })
    } finally {
      await model.release()
    }
  } finally {
    await parts.release()
  }
}

interface LocalModel {
  readonly asked: BatchAsked['model']
  release(): Promise<void>
}

/** Throws `python_not_configured` for what only Python computes, on a worker that has none. */
async function localModel(
  ctx: VerbContext,
  { model, version, sha256, signature, pythonFolder }: BatchVersion,
  { python }: BatchTools,
): Promise<LocalModel> {
  if (pythonFolder === undefined) {
    const { path, release } = await ctx.blobs.localFile(sha256)
    return { asked: { file: path, ...(signature === undefined ? {} : { signature }) }, release }
  }
  if (python === undefined) throw new FabriqueError('python_not_configured', { model, version: String(version) })
  const { folder, release } = await checkOutVersion(ctx, pythonFolder)
  return { asked: { file: folder, python }, release }
}

/** Rows with what the online store had for their keys when the job was first begun. */
const featuresFile = (folder: string) => `${folder}-rows.parquet`

async function removeWork(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  for (const ending of ['', '.new', '.features']) await rm(`${featuresFile(folder)}${ending}`, { force: true })
}

/** The rows as they are, or with the features of the online store where they name keys. */
async function rowsOfBatch(
  ctx: VerbContext,
  { version, snapshot, folder, tools, report }: Answering,
  paths: readonly string[],
): Promise<Pick<BatchAsked, 'rows' | 'refusedBy'>> {
  const table = tableOfParts(paths, snapshot.columns)
  const columns = await columnsOf(ctx, table)
  const { signature } = version
  const lookup = signature?.feature_lookup
  const isByKey = namesKeys(signature, new Set(columns.map(({ name }) => name)))
  if (signature === undefined || lookup === undefined || !isByKey) {
    const files = snapshot.parts.map(({ row_count }, part) => ({ path: paths[part] ?? '', rowCount: row_count }))
    return { rows: { files, columns }, refusedBy: undefined }
  }
  const { readOnline } = tools
  if (readOnline === undefined) {
    throw new FabriqueError('features_not_served', { model: version.model, names: lookup.features.join(', ') })
  }
  const path = featuresFile(folder)
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (!isThere) {
    await writeWithFeatures(ctx, {
      table,
      columns,
      signature,
      lookup,
      readOnline: (request) => readOnline(ctx, request),
      path,
      report: (rowsDone) => report({ stage: 'join', rows_done: rowsDone }),
    })
  }
  const joined = await columnsOf(ctx, `read_parquet(${sqlText(path)})`)
  return {
    rows: {
      files: [{ path, rowCount: snapshot.row_count }],
      columns: joined.filter(({ name }) => name !== refusedColumn),
    },
    refusedBy: refusedColumn,
  }
}

function toJobProgress({ rowsDone, rate, secondsLeft }: BatchProgress): JobProgress {
  return { stage: 'predict', rows_done: rowsDone, rate_rows: rate, seconds_left: secondsLeft }
}

async function columnsOf(ctx: VerbContext, table: string): Promise<readonly RowColumn[]> {
  const described = await ctx.data.use(
    (connection) => connection.runAndReadAll(`describe select * from ${table}`),
    ctx.signal,
  )
  return rowsOf<{ column_name: string; column_type: string }>(described).map(({ column_name, column_type }) => ({
    name: column_name,
    type: column_type,
  }))
}

interface Keeping {
  readonly input: BatchJobInput
  readonly job: string
  readonly snapshot: Snapshot
  readonly answered: BatchAnswered
  readonly seconds: number
}

/** Writes the snapshot of the answers, what it was made from, and what became of the rows, in one transaction. */
async function keepAnswers(ctx: VerbContext, keeping: Keeping): Promise<Json> {
  const { input, job, snapshot, answered, seconds } = keeping
  const { batch_id, model, version, project, dataset } = input
  const rejectedSha256 = await keepRejected(ctx, answered)
  const parts: { sha256: string; bytes: number; row_count: number }[] = []
  for (const { rows, predicted } of answered.parts) {
    if (predicted > 0) parts.push({ ...(await ctx.blobs.adopt(rows)), row_count: predicted })
  }
  return inTransaction(ctx, async (inner) => {
    const { snapshot: result } = await keepTable({
      ctx: inner,
      input: {
        project,
        dataset,
        parts,
        columns: answered.columns.map((column) => snapshotColumn(column, snapshot)),
        source: { kind: 'predictions', location: `${model}/${version} on ${snapshot.id}` },
        job,
      },
    })
    await tellLineage(inner, { input, snapshot, result })
    await recordBatch({
      ctx: inner,
      input: {
        batch: batch_id,
        job,
        model,
        result_snapshot_id: result.id,
        row_count: answered.rows,
        rejected_count: answered.rejected,
        ...(rejectedSha256 === undefined ? {} : { rejected_sha256: rejectedSha256 }),
        seconds,
      },
    })
    const { rows, predicted, rejected } = answered
    return { batch_id, model, version: String(version), snapshot_id: result.id, dataset, rows, predicted, rejected }
  })
}

async function keepRejected(ctx: VerbContext, { parts, rejected }: BatchAnswered): Promise<string | undefined> {
  if (rejected === 0) return undefined
  const lines = async function* () {
    for (const part of parts) if (part.rejected !== undefined) yield* createReadStream(part.rejected)
  }
  return (await ctx.blobs.put(Readable.from(lines()))).sha256
}

/** A column of the rows as their snapshot has it; one of the answers is never missing. */
function snapshotColumn({ name, type }: RowColumn, { columns }: Snapshot): SnapshotColumn {
  const known = columns.find((column) => column.name === name)
  return known ?? { name, type: inferredType(type), nullable: false, declared: false }
}

interface Told {
  readonly input: BatchJobInput
  readonly snapshot: Snapshot
  readonly result: Snapshot
}

async function tellLineage(ctx: VerbContext, { input, snapshot, result }: Told): Promise<void> {
  const version = await versionLineage(ctx, input.model, input.version)
  const to = { kind: 'snapshot' as const, id: result.id }
  const before: LineageThing[] = [
    { ...snapshotThing(snapshot), keep: true as const },
    ...(version === undefined ? [] : [{ ...version, keep: true as const }]),
  ]
  await recordLineage(ctx, {
    things: [...before, { ...snapshotThing(result), keep: true as const }],
    // Answers may be the very rows that were asked, where nothing is added: a thing is not made from itself.
    steps: before
      .filter(({ kind, id }) => kind !== to.kind || id !== to.id)
      .map(({ kind, id }) => ({ from: { kind, id }, to, relation: 'predicted' })),
  })
}

/** Writes what became of a batch, and forgets the oldest of the model. Throws `model_version_not_found` for one that was deleted. */
const recordBatch = changeVerb({
  name: 'batches.record_batch',
  permission: 'datasets.write',
  input: z.object({
    batch: z.string(),
    job: z.string(),
    model: z.string(),
    result_snapshot_id: z.string(),
    row_count: z.number().int(),
    rejected_count: z.number().int(),
    rejected_sha256: z.string().optional(),
    seconds: z.number(),
  }),
  async run({ ctx, input, record }): Promise<void> {
    const { batch, job, model, ...result } = input
    const updated = await batchTables(ctx)
      .updateTable('batches')
      .set({ ...result, row_count: String(result.row_count), rejected_count: String(result.rejected_count) })
      .where('id', '=', batch)
      .returning('version')
      .executeTakeFirst()
    if (updated === undefined) throw new FabriqueError('batch_not_found', { batch })
    await sql`
      delete from batches where id in (
        select id from batches where model = ${model} order by created_at desc, id desc offset ${limit('batches.kept')}
      )
    `.execute(ctx.db)
    await record({
      subject: `batches/${batch}`,
      event: 'job.changed',
      payload: { job_id: job, kind: batchJobKind, subject: `batches/${batch}`, state: 'running' },
    })
  },
})
