import { FabriqueError, type Snapshot, type SnapshotSelection } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { getSnapshot, resolveSnapshot } from '../datasets/index.js'

/** Names stand for snapshots of one data set. Throws `invalid_request`. */
export function checkSelection({ project, dataset, refs }: SnapshotSelection): void {
  const refuse = (field: string, reason: string) => {
    throw new FabriqueError('invalid_request', { field, reason }, { field })
  }
  if (dataset !== undefined && project === undefined) refuse('project', 'it must stand beside a dataset')
  if (refs.length > 0 && dataset === undefined) refuse('dataset', 'it must stand beside refs')
}

/** The snapshots of this server that are meant, oldest first. */
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
    select id from snapshots
    where (${project ?? null}::text is null or project = ${project ?? null})
      and (${dataset ?? null}::text is null or dataset = ${dataset ?? null})
    order by created_at, id limit ${limit('remotes.snapshots_max')}
  `.execute(ctx.db)
  const snapshots: Snapshot[] = []
  for (const { id } of rows) snapshots.push(await getSnapshot({ ctx, input: { snapshot: id } }))
  return snapshots
}
