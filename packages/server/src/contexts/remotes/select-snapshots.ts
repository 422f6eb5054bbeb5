import { FabriqueError, type Snapshot, type SnapshotSelection } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { checkLoggedModel, getSnapshot, loggedModelSql, resolveSnapshot } from '../datasets/index.js'

/** Names stand for snapshots of one data set. Throws `invalid_request`. */
export function checkSelection({ project, dataset, refs }: SnapshotSelection): void {
  const refuse = (field: string, reason: string) => {
    throw new FabriqueError('invalid_request', { field, reason }, { field })
  }
  if (dataset !== undefined && project === undefined) refuse('project', 'it must stand beside a dataset')
  if (refs.length > 0 && dataset === undefined) refuse('dataset', 'it must stand beside refs')
}

const isMeant = ({
  project,
  dataset,
}: SnapshotSelection) => sql`(${project ?? null}::text is null or project = ${project ?? null})
  and (${dataset ?? null}::text is null or dataset = ${dataset ?? null})`

/**
 * For whoever asks, before a job is: refuses where something of what is meant may not be read. Who may read everything is told by the job.
 * Throws `invalid_request`, `model_not_granted`, `snapshot_ref_not_found`.
 */
export async function checkMayRead(ctx: VerbContext, selection: SnapshotSelection): Promise<void> {
  checkSelection(selection)
  if (ctx.actor.models === undefined) return
  if (selection.refs.length > 0) {
    await selectSnapshots(ctx, selection)
    return
  }
  const { rows } = await sql<Pick<Snapshot, 'source'>>`
    select source from snapshots where ${isMeant(selection)} and not ${loggedModelSql(ctx.actor)} limit 1
  `.execute(ctx.db)
  for (const row of rows) checkLoggedModel(ctx.actor, row)
}

/** The snapshots of this server that are meant, oldest first. Throws `model_not_granted` where one of them may not be read. */
export async function selectSnapshots(ctx: VerbContext, selection: SnapshotSelection): Promise<readonly Snapshot[]> {
  checkSelection(selection)
  const { project, dataset, refs } = selection
  if (refs.length > 0 && project !== undefined && dataset !== undefined) {
    const found = new Map<string, Snapshot>()
    for (const ref of refs) {
      const snapshot = await resolveSnapshot({ ctx, input: { project, dataset, ref } })
      found.set(snapshot.id, snapshot)
    }
    return [...found.values()]
  }
  const { rows } = await sql<{ id: string }>`
    select id from snapshots where ${isMeant(selection)}
    order by created_at, id limit ${limit('remotes.snapshots_max')}
  `.execute(ctx.db)
  const snapshots: Snapshot[] = []
  for (const { id } of rows) snapshots.push(await getSnapshot({ ctx, input: { snapshot: id } }))
  return snapshots
}
