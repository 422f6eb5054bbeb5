import { FabriqueError, PageQuery, type Snapshot } from '@fabrique/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { type Actor, checkModelGrant, pageOf, readVerb } from '../../platform/index.js'
import { datasetTables, type SnapshotRow, toSnapshot, toSnapshots } from './store.js'

/** What stands in the source of a snapshot of the log of predictions; its location is the model. */
export const predictionLogSource = 'prediction_log'

/** What was asked of a model is read by those only who may ask it. Throws `model_not_granted`. */
export function checkLoggedModel(actor: Actor, { source }: Pick<Snapshot, 'source'>): void {
  if (source.kind === predictionLogSource) checkModelGrant(actor, source.location)
}

/** The same as a condition on the rows of `snapshots`: an actor that is limited to some models sees no log of another. */
export function loggedModelSql({ models }: Actor): RawBuilder<SqlBool> {
  if (models === undefined) return sql`true`
  return sql`(snapshots.source->>'kind' is distinct from ${predictionLogSource}
    or snapshots.source->>'location' = any(${[...models]}::text[]))`
}

/** One snapshot; throws `snapshot_not_found`, `model_not_granted`. */
export const getSnapshot = readVerb({
  name: 'datasets.get_snapshot',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<Snapshot> {
    const row = await datasetTables(ctx)
      .selectFrom('snapshots')
      .selectAll()
      .where('id', '=', input.snapshot)
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('snapshot_not_found', { snapshot: input.snapshot })
    const snapshot = await toSnapshot(ctx, row as SnapshotRow)
    checkLoggedModel(ctx.actor, snapshot)
    return snapshot
  },
})

/** A page of the snapshots of a data set that the actor may read, newest first. The token is the id of the last one shown. */
export const listSnapshots = readVerb({
  name: 'datasets.list_snapshots',
  permission: 'datasets.read',
  input: PageQuery.extend({ project: z.string(), dataset: z.string() }),
  async run({ ctx, input }): Promise<{ items: Snapshot[]; next_page_token?: string }> {
    const tables = datasetTables(ctx)
    let query = tables
      .selectFrom('snapshots')
      .selectAll()
      .where('project', '=', input.project)
      .where('dataset', '=', input.dataset)
      .where(loggedModelSql(ctx.actor))
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const last = await tables
        .selectFrom('snapshots')
        .selectAll()
        .where('id', '=', input.page_token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token: input.page_token })
      query = query.where((row) =>
        row.or([
          row('created_at', '<', last.created_at),
          row.and([row('created_at', '=', last.created_at), row('id', '>', last.id)]),
        ]),
      )
    }
    const { shown, next } = pageOf((await query.execute()) as readonly SnapshotRow[], input.limit)
    return { items: [...(await toSnapshots(ctx, shown))], ...next }
  },
})
