import { type Profile, type Snapshot, SnapshotColumn } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../../platform/index.js'
import { recordLineage } from '../../lineage/index.js'
import { snapshotThing, sourceThing } from '../lineage-things.js'
import { keepProfile } from '../snapshots/ensure-profile.js'
import { datasetTables, type SnapshotRow, toSnapshot } from '../store.js'
import { countPacks, insertSnapshotBlobs, lockPacks } from './store.js'

/** Writes the snapshot of a collection whose contents are in the store; inside `addCollection` only. Gives undefined where a pack has gone. */
export const recordCollection = changeVerb({
  name: 'datasets.record_collection',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    content_hash: z.string(),
    columns: z.array(SnapshotColumn),
    row_count: z.number(),
    bytes: z.number(),
    source: z.object({
      kind: z.string(),
      location: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      files: z.number(),
    }),
    table: z.object({ sha256: z.string(), bytes: z.number() }),
    blobs: z.array(z.string()),
    packs: z.array(z.string()),
    profile: z.custom<Profile>().optional(),
  }),
  async run({ ctx, input, record, unchanged }): Promise<{ snapshot: Snapshot; created: boolean } | undefined> {
    const tables = datasetTables(ctx)
    const { columns, source, table, blobs, packs, profile, ...values } = input
    await lockPacks(ctx)
    if ((await countPacks(ctx, packs)) !== packs.length) {
      unchanged()
      return undefined
    }
    const created = await tables
      .insertInto('snapshots')
      .values({
        id: ctx.ids.prefixed('snap'),
        kind: 'files',
        ...values,
        columns: JSON.stringify(columns),
        source: JSON.stringify(source),
        created_at: ctx.clock.now(),
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
    // Told also for one that is there: its contents may lie in other blobs now.
    await insertSnapshotBlobs(ctx, row.id, [...blobs, ...packs, table.sha256])
    if (created === undefined) {
      unchanged()
      return { snapshot: await toSnapshot(ctx, row as SnapshotRow), created: false }
    }
    await tables
      .insertInto('snapshot_parts')
      .values({
        snapshot_id: row.id,
        position: 0,
        sha256: table.sha256,
        bytes: table.bytes,
        row_count: input.row_count,
        source: source.location,
        source_sha256: source.sha256,
      })
      .execute()
    if (profile !== undefined) await keepProfile({ ctx, input: { snapshot: row.id, profile } })
    const snapshot = await toSnapshot(ctx, row as SnapshotRow)
    const origin = sourceThing({ project: input.project, dataset: input.dataset, ...source })
    await recordLineage(ctx, {
      things: [origin, snapshotThing(snapshot)],
      steps: [{ from: origin, to: { kind: 'snapshot', id: row.id }, relation: 'made' }],
    })
    await record({
      subject: `snapshots/${row.id}`,
      event: 'snapshot.created',
      payload: { project: input.project, dataset: input.dataset, snapshot_id: row.id },
    })
    return { snapshot, created: true }
  },
})
