import { createHash } from 'node:crypto'
import { BadRowPolicy, type BareNote, type Snapshot, SnapshotColumn } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { canonicalJson, limit } from '../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import type { StoredError } from '../jobs/index.js'
import { type LineageThing, recordLineage } from '../lineage/index.js'
import { type IngestCounts, ingestTables } from './ingest-store.js'
import { snapshotThing, sourceThing } from './lineage-things.js'
import { isPushed, lockDataset, momentAfterNewest, type RecordedPart, withPushed } from './pushed-parts.js'
import { datasetTables, type SnapshotRow, toSnapshot } from './store.js'

/** The hash of a snapshot of these parts. */
export function contentHashOf(parts: readonly string[]): string {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  return createHash('sha256')
    .update(canonicalJson([...parts]))
    .digest('hex')
}

/** Writes that an ingest has begun. One of the same data set that was left open by a process that died is closed. */
export const beginIngest = changeVerb({
  name: 'datasets.begin_ingest',
  permission: 'datasets.write',
  input: z.object({
    ingest: z.string(),
    project: z.string(),
    dataset: z.string(),
    job: z.string().optional(),
    policy: BadRowPolicy,
    source: z.object({ kind: z.string(), location: z.string() }),
    /** False where another one of the data set may be at work. */
    closes_others: z.boolean().default(true),
  }),
  async run({ ctx, input, record }): Promise<void> {
    const tables = ingestTables(ctx)
    const at = ctx.clock.now()
    // Should it live after all, it writes its own end over this one.
    if (input.closes_others) {
      await tables
        .updateTable('ingest_runs')
        .set({ state: 'cancelled', ended_at: at })
        .where('project', '=', input.project)
        .where('dataset', '=', input.dataset)
        .where('state', '=', 'running')
        .execute()
    }
    await tables
      .insertInto('ingest_runs')
      .values({
        id: input.ingest,
        project: input.project,
        dataset: input.dataset,
        job_id: input.job ?? null,
        state: 'running',
        policy: JSON.stringify(input.policy),
        source: JSON.stringify(input.source),
        files_found: 0,
        files_read: 0,
        bytes_read: 0,
        rows_read: 0,
        rows_good: 0,
        rows_quarantined: 0,
        rows_kept: 0,
        schema_changes: '[]',
        warnings: '[]',
        is_new: false,
        started_at: at,
      })
      .execute()
    await record({
      subject: `ingests/${input.ingest}`,
      event: 'ingest.started',
      payload: { project: input.project, dataset: input.dataset, ingest_id: input.ingest },
    })
  },
})

/** Writes that an ingest has ended without a snapshot; its quarantine can be looked at. */
export const failIngest = changeVerb({
  name: 'datasets.fail_ingest',
  permission: 'datasets.write',
  input: z.object({
    ingest: z.string(),
    project: z.string(),
    dataset: z.string(),
    state: z.enum(['failed', 'cancelled']),
    error: z.custom<StoredError>().optional(),
    counts: z.custom<IngestCounts>().optional(),
    quarantine: z.string().optional(),
    warnings: z.custom<readonly BareNote[]>(),
  }),
  async run({ ctx, input, record }): Promise<void> {
    await ingestTables(ctx)
      .updateTable('ingest_runs')
      .set({
        state: input.state,
        ended_at: ctx.clock.now(),
        error: input.error === undefined ? null : JSON.stringify(input.error),
        quarantine_sha256: input.quarantine ?? null,
        warnings: JSON.stringify(input.warnings),
        ...(input.counts ?? {}),
      })
      .where('id', '=', input.ingest)
      .execute()
    await record({
      subject: `ingests/${input.ingest}`,
      event: 'ingest.finished',
      payload: {
        project: input.project,
        dataset: input.dataset,
        ingest_id: input.ingest,
        state: input.state,
        rows_quarantined: input.counts?.rows_quarantined ?? 0,
      },
    })
  },
})

/** What is kept so that the next ingest does not read the same again. */
export interface RememberedPart {
  readonly name: string
  readonly mark: string | undefined
  readonly contentHash: string
  readonly sourceBytes: number
  readonly partKey: string
  readonly typesKey: string
  readonly parquetHash: string | undefined
  readonly bytes: number
  readonly rowCount: number
  readonly rejectedCount: number
  readonly columns: object
  readonly wasRead: boolean
}

export interface RecordedSnapshot {
  readonly snapshot: Snapshot
  /** False where this content was there already. */
  readonly created: boolean
}

/** Thrown where a part that was to be kept is no part of a snapshot any more. */
export class PartGone extends Error {
  override readonly name = 'PartGone'
}

/**
 * Writes the snapshot of an ingest, what the next one needs to know, and the lineage. The same content gives the snapshot that is there.
 * Throws {@link PartGone}.
 */
export const recordSnapshot = changeVerb({
  name: 'datasets.record_snapshot',
  permission: 'datasets.write',
  input: z.object({
    ingest: z.string(),
    project: z.string(),
    dataset: z.string(),
    columns: z.array(SnapshotColumn),
    parts: z.custom<readonly RecordedPart[]>(),
    /** Hashes of parts that another snapshot had before. */
    kept: z.array(z.string()),
    /** True where the parts are all there are; otherwise rows that applications sent to the data set come after them. */
    is_whole: z.boolean().default(false),
    remembered: z.custom<readonly RememberedPart[]>(),
    source: z.object({
      kind: z.string(),
      location: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      files: z.number().optional(),
    }),
    state: z.record(z.string(), z.string()).optional(),
    counts: z.custom<IngestCounts>(),
    schema_changes: z.custom<readonly object[]>(),
    warnings: z.custom<readonly BareNote[]>(),
    quarantine: z.string().optional(),
  }),
  async run({ ctx, input, record }): Promise<RecordedSnapshot> {
    const { project, dataset } = input
    await lockDataset(ctx, input)
    const { parts: all, columns } = input.is_whole ? input : await withPushed(ctx, input)
    const carried = input.is_whole ? [] : all.filter(isPushed).map(({ sha256 }) => sha256)
    await holdParts(ctx, [...new Set([...input.kept, ...carried])])
    const tables = datasetTables(ctx)
    // What comes after the newest snapshot is the newest, whichever machine's clock is behind.
    const at = input.is_whole ? await momentAfterNewest(ctx, input) : ctx.clock.now()
    const values = {
      id: ctx.ids.prefixed('snap'),
      kind: 'table' as const,
      ingest_id: input.ingest,
      project,
      dataset,
      content_hash: contentHashOf(all.map(({ sha256 }) => sha256)),
      source: JSON.stringify(input.source),
      columns: JSON.stringify(columns),
      row_count: all.reduce((sum, part) => sum + part.row_count, 0),
      bytes: all.reduce((sum, part) => sum + part.bytes, 0),
      created_at: at,
    }
    const created = await tables
      .insertInto('snapshots')
      .values(values)
      .onConflict((conflict) => conflict.columns(['project', 'dataset', 'content_hash']).doNothing())
      .returningAll()
      .executeTakeFirst()
    const row =
      created ??
      (await tables
        .selectFrom('snapshots')
        .selectAll()
        .where('project', '=', project)
        .where('dataset', '=', dataset)
        .where('content_hash', '=', values.content_hash)
        .executeTakeFirstOrThrow())
    if (created !== undefined) {
      const parts = all.map((part, position) => ({
        ...part,
        snapshot_id: row.id,
        position,
        source_sha256: part.source_sha256 ?? null,
      }))
      for (const some of inGroups(parts)) await tables.insertInto('snapshot_parts').values(some).execute()
      await record({
        subject: `snapshots/${row.id}`,
        event: 'snapshot.created',
        payload: { project, dataset, snapshot_id: row.id },
      })
    }
    await remember(ctx, input)
    if (input.state !== undefined) {
      const state = { state: JSON.stringify(input.state), snapshot_id: row.id, at }
      await ingestTables(ctx)
        .insertInto('source_states')
        .values({ project, dataset, ...state })
        .onConflict((conflict) => conflict.columns(['project', 'dataset']).doUpdateSet(state))
        .execute()
    }
    await ingestTables(ctx)
      .updateTable('ingest_runs')
      .set({
        state: 'succeeded',
        ended_at: at,
        ...input.counts,
        schema_changes: JSON.stringify(input.schema_changes),
        warnings: JSON.stringify(input.warnings),
        quarantine_sha256: input.quarantine ?? null,
        snapshot_id: row.id,
        is_new: created !== undefined,
      })
      .where('id', '=', input.ingest)
      .execute()
    await tellLineage(ctx, input, row as SnapshotRow, created !== undefined)
    await record({
      subject: `ingests/${input.ingest}`,
      event: 'ingest.finished',
      payload: {
        project,
        dataset,
        ingest_id: input.ingest,
        state: 'succeeded',
        rows_quarantined: input.counts.rows_quarantined,
      },
    })
    return { snapshot: await toSnapshot(ctx, row as SnapshotRow), created: created !== undefined }
  },
})

/** Keeps snapshots that have these parts from being erased until the end of the transaction. */
async function holdParts(ctx: VerbContext, hashes: readonly string[]): Promise<void> {
  if (hashes.length === 0) return
  const { rows } = await sql<{ sha256: string }>`
    select distinct p.sha256 from (
      select id from snapshots
      where id in (select snapshot_id from snapshot_parts where sha256 = any(${[...hashes]}::text[]))
      order by id for key share
    ) s join snapshot_parts p on p.snapshot_id = s.id
  `.execute(ctx.db)
  const held = new Set(rows.map(({ sha256 }) => sha256))
  if (!hashes.every((hash) => held.has(hash))) throw new PartGone()
}

function* inGroups<Item>(items: readonly Item[], size = 500): Iterable<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

interface Remembering {
  readonly project: string
  readonly dataset: string
  readonly remembered: readonly RememberedPart[]
}

async function remember(ctx: VerbContext, { project, dataset, remembered }: Remembering): Promise<void> {
  const tables = ingestTables(ctx)
  const at = ctx.clock.now()
  const parts = new Map(
    remembered
      .filter(({ wasRead, contentHash }) => wasRead && contentHash !== '')
      .map((part) => [
        `${part.partKey} ${part.typesKey}`,
        {
          part_key: part.partKey,
          types_key: part.typesKey,
          parquet_hash: part.parquetHash ?? null,
          bytes: part.bytes,
          row_count: part.rowCount,
          rejected_count: part.rejectedCount,
          columns: JSON.stringify(part.columns),
          at,
        },
      ]),
  )
  for (const some of inGroups([...parts.values()])) {
    await tables
      .insertInto('ingest_parts')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['part_key', 'types_key']).doUpdateSet((row) => ({
          parquet_hash: row.ref('excluded.parquet_hash'),
          bytes: row.ref('excluded.bytes'),
          row_count: row.ref('excluded.row_count'),
          rejected_count: row.ref('excluded.rejected_count'),
          columns: row.ref('excluded.columns'),
          at: row.ref('excluded.at'),
        })),
      )
      .execute()
  }
  const marks = remembered.flatMap(({ name, mark, contentHash, sourceBytes }) =>
    mark === undefined || contentHash === ''
      ? []
      : [{ project, dataset, name, mark, content_key: contentHash, bytes: sourceBytes, at }],
  )
  for (const some of inGroups(marks)) {
    await tables
      .insertInto('source_marks')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['project', 'dataset', 'name']).doUpdateSet((row) => ({
          mark: row.ref('excluded.mark'),
          content_key: row.ref('excluded.content_key'),
          bytes: row.ref('excluded.bytes'),
          at: row.ref('excluded.at'),
        })),
      )
      .execute()
  }
}

interface Told extends Remembering {
  readonly ingest: string
  readonly source: { readonly kind: string; readonly location: string }
  readonly counts: IngestCounts
}

async function tellLineage(
  ctx: VerbContext,
  { ingest, project, dataset, source, remembered, counts }: Told,
  snapshot: SnapshotRow,
  isNew: boolean,
): Promise<void> {
  const isListed = remembered.length <= limit('data.source_nodes_max')
  const items = isListed
    ? remembered.map(({ name, contentHash, wasRead }) => ({
        location: name,
        ...(source.kind === 'upload' ? { sha256: contentHash } : {}),
        relation: wasRead ? 'read' : 'kept',
      }))
    : [{ location: source.location, relation: 'read' }]
  const sources = items.map(({ relation, ...item }) => ({
    thing: sourceThing({ project, dataset, kind: source.kind, ...item }),
    relation,
  }))
  const run: LineageThing = {
    kind: 'ingest',
    id: ingest,
    label: `${dataset} ${ingest.slice(4, 12)}`,
    project,
    detail: { dataset, rows: counts.rows_read, quarantined: counts.rows_quarantined },
  }
  await recordLineage(ctx, {
    things: [...sources.map(({ thing }) => thing), run, snapshotThing(snapshot)],
    steps: [
      ...sources.map(({ thing, relation }) => ({ from: thing, to: run, relation })),
      { from: run, to: { kind: 'snapshot' as const, id: snapshot.id }, relation: isNew ? 'made' : 'found again' },
    ],
  })
}
