import { FabriqueError, Slug, type SnapshotTag } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, readVerb } from '../../../platform/index.js'
import { getSnapshot, loggedModelSql } from '../get-snapshot.js'
import { datasetTables } from '../store.js'
import { refKindOf, resolveSnapshot } from './resolve-snapshot.js'

const ofDataset = { project: z.string(), dataset: z.string() }

/** The tags of a data set, by name; of the snapshots that the actor may read. */
export const listSnapshotTags = readVerb({
  name: 'datasets.list_snapshot_tags',
  permission: 'datasets.read',
  input: z.object(ofDataset),
  async run({ ctx, input }): Promise<readonly SnapshotTag[]> {
    const rows = await datasetTables(ctx)
      .selectFrom('snapshot_tags')
      .innerJoin('snapshots', 'snapshots.id', 'snapshot_tags.snapshot_id')
      .select(['tag', 'snapshot_id', 'reason', 'updated_by', 'updated_at'])
      .where('snapshot_tags.project', '=', input.project)
      .where('snapshot_tags.dataset', '=', input.dataset)
      .where(loggedModelSql(ctx.actor))
      .orderBy('tag')
      .execute()
    return rows.map((row) => ({ ...row, updated_at: row.updated_at.toISOString() }))
  },
})

const reserved = {
  latest: 'the newest snapshot',
  id: 'the id of a snapshot',
  hash: 'the beginning of a content hash',
  moment: 'a moment',
} as const

/** Points a tag to a snapshot of its data set. Throws `snapshot_ref_not_found`, `snapshot_ref_ambiguous`, `snapshot_tag_reserved`. */
export const setSnapshotTag = changeVerb({
  name: 'datasets.set_snapshot_tag',
  permission: 'datasets.write',
  input: z.object({
    ...ofDataset,
    tag: Slug,
    ref: z.string().min(1).max(200),
    reason: z.string().max(500).default(''),
  }),
  async run({ ctx, input, record, unchanged }): Promise<SnapshotTag> {
    const { project, dataset, tag, reason } = input
    const meaning = refKindOf(tag)
    if (meaning !== undefined) throw new FabriqueError('snapshot_tag_reserved', { tag, meaning: reserved[meaning] })
    const tables = datasetTables(ctx)
    const snapshot = await resolveSnapshot({ ctx, input: { project, dataset, ref: input.ref } })
    // Held until the end, so that it is not erased under the tag.
    await tables.selectFrom('snapshots').select('id').where('id', '=', snapshot.id).forKeyShare().executeTakeFirst()
    const before = await tables
      .selectFrom('snapshot_tags')
      .select(['tag', 'snapshot_id', 'reason', 'updated_by', 'updated_at'])
      .where('project', '=', project)
      .where('dataset', '=', dataset)
      .where('tag', '=', tag)
      .forUpdate()
      .executeTakeFirst()
    if (before?.snapshot_id === snapshot.id) {
      unchanged()
      return { ...before, updated_at: before.updated_at.toISOString() }
    }
    const values = { snapshot_id: snapshot.id, reason, updated_by: ctx.actor.id, updated_at: ctx.clock.now() }
    await tables
      .insertInto('snapshot_tags')
      .values({ project, dataset, tag, ...values })
      .onConflict((conflict) => conflict.columns(['project', 'dataset', 'tag']).doUpdateSet(values))
      .execute()
    await record({
      subject: `snapshots/${snapshot.id}`,
      event: 'snapshot.changed',
      reason,
      payload: {
        project,
        dataset,
        snapshot_id: snapshot.id,
        change: before === undefined ? `tag ${tag} set` : `tag ${tag} moved from ${before.snapshot_id}`,
      },
    })
    return { tag, ...values, updated_at: values.updated_at.toISOString() }
  },
})

/** Removes a tag; the snapshot stays. Throws `snapshot_tag_not_found`, `model_not_granted`. */
export const deleteSnapshotTag = changeVerb({
  name: 'datasets.delete_snapshot_tag',
  permission: 'datasets.write',
  input: z.object({ ...ofDataset, tag: z.string() }),
  async run({ ctx, input, record }): Promise<{ deleted: boolean }> {
    const { project, dataset, tag } = input
    const row = await datasetTables(ctx)
      .deleteFrom('snapshot_tags')
      .where('project', '=', project)
      .where('dataset', '=', dataset)
      .where('tag', '=', tag)
      .returning('snapshot_id')
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('snapshot_tag_not_found', input)
    // The removal is undone where that refuses.
    await getSnapshot({ ctx, input: { snapshot: row.snapshot_id } })
    await record({
      subject: `snapshots/${row.snapshot_id}`,
      event: 'snapshot.changed',
      payload: { project, dataset, snapshot_id: row.snapshot_id, change: `tag ${tag} removed` },
    })
    return { deleted: true }
  },
})
