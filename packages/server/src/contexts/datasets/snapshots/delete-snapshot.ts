import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { madeFrom, markErased } from '../../lineage/index.js'
import { listProjects } from '../../projects/index.js'
import { checkLoggedModel } from '../get-snapshot.js'
import { ingestTables } from '../ingest-store.js'
import { datasetTables, type SnapshotRow, toSnapshot } from '../store.js'
import { newestSnapshotId } from './newest-snapshot.js'

/**
 * Erases a snapshot. Refused with `snapshot_in_use` while it has a tag, something but validations and drift reports was made from it, or it
 * is the newest of a data set that its project declares. Its place in the lineage and what was found by looking at it stay; its content goes
 * when nothing else has it. Throws `snapshot_not_found`, `model_not_granted`.
 */
export const deleteSnapshot = changeVerb({
  name: 'datasets.delete_snapshot',
  permission: 'datasets.write',
  input: z.object({ snapshot: z.string(), reason: z.string().max(500).default('') }),
  async run({ ctx, input, record }): Promise<{ deleted: boolean }> {
    const tables = datasetTables(ctx)
    // Locked against tags and whatever else refers to it.
    const row = await tables
      .selectFrom('snapshots')
      .selectAll()
      .where('id', '=', input.snapshot)
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('snapshot_not_found', { snapshot: input.snapshot })
    checkLoggedModel(ctx.actor, await toSnapshot(ctx, row as SnapshotRow))
    const uses = await usesOf(ctx, row as SnapshotRow)
    if (uses.length > 0) {
      const shown = uses.slice(0, limit('diff.uses_shown_max'))
      const more = uses.length > shown.length ? [`${uses.length - shown.length} more`] : []
      throw new FabriqueError('snapshot_in_use', { snapshot: row.id, uses: [...shown, ...more].join(', ') })
    }
    await tables.deleteFrom('snapshots').where('id', '=', row.id).execute()
    await markErased(ctx, { kind: 'snapshot', id: row.id })
    await record({
      subject: `snapshots/${row.id}`,
      event: 'snapshot.deleted',
      reason: input.reason,
      payload: { project: row.project, dataset: row.dataset, snapshot_id: row.id },
    })
    return { deleted: true }
  },
})

/** Kinds of things that were found by looking at a snapshot, and stand without it. */
export const looksAtSnapshots = ['validation', 'drift_report'] as const

/** What needs a snapshot, for people. */
async function usesOf(ctx: VerbContext, snapshot: SnapshotRow): Promise<readonly string[]> {
  const tables = datasetTables(ctx)
  const tags = await tables
    .selectFrom('snapshot_tags')
    .select('tag')
    .where('snapshot_id', '=', snapshot.id)
    .orderBy('tag')
    .execute()
  const looked: ReadonlySet<string> = new Set(looksAtSnapshots)
  const made = (await madeFrom(ctx, { kind: 'snapshot', id: snapshot.id })).filter(({ kind }) => !looked.has(kind))
  const isNewest = (await newestSnapshotId(ctx, snapshot)) === snapshot.id && (await isDeclared(ctx, snapshot))
  const goesOn = await ingestTables(ctx)
    .selectFrom('source_states')
    .select('snapshot_id')
    .where('snapshot_id', '=', snapshot.id)
    .executeTakeFirst()
  return [
    ...tags.map(({ tag }) => `tag ${tag}`),
    ...made.map(({ kind, id }) => `${kind.replace('_', ' ')} ${id}`),
    ...(goesOn === undefined ? [] : ['the next ingest adds to it']),
    ...(isNewest ? [`it is the newest of dataset ${snapshot.dataset}`] : []),
  ]
}

async function isDeclared(ctx: VerbContext, { project, dataset }: SnapshotRow): Promise<boolean> {
  const found = (await listProjects({ ctx, input: {} })).find(({ name }) => name === project)
  return found?.definition.datasets.some(({ name }) => name === dataset) === true
}
