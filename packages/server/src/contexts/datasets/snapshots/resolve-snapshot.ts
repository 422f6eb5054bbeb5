import { FabriqueError, type Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import { checkLoggedModel } from '../get-snapshot.js'
import { datasetTables, type SnapshotRow, toSnapshot } from '../store.js'
import { newestSnapshotId } from './newest-snapshot.js'

/** How a name of a snapshot is understood; undefined where only a tag can be meant. */
export type RefKind = 'latest' | 'id' | 'hash' | 'moment'

/** What a name stands for by its form. */
export function refKindOf(ref: string): RefKind | undefined {
  if (ref === 'latest') return 'latest'
  if (/^snap_[0-9a-z]+$/.test(ref)) return 'id'
  if (momentOf(ref) !== undefined) return 'moment'
  if (/^[0-9a-f]{6,64}$/.test(ref)) return 'hash'
  return undefined
}

/** A day or a moment in ISO 8601; a day means its end, and one without a zone is in UTC. */
export function momentOf(ref: string): Date | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(ref)
  if (match === null) return undefined
  const [, day = '', time = '23:59:59.999', zone = 'Z'] = match
  const at = new Date(`${day}T${time}${zone}`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/**
 * The snapshot of a data set that a name stands for: `latest`, a tag, an id, the first six or more digits of a content hash, or a moment,
 * which means the snapshot that the data set had then. A tag wins over a hash. Throws `snapshot_ref_not_found`,
 * `snapshot_ref_ambiguous`.
 */
export const resolveSnapshot = readVerb({
  name: 'datasets.resolve_snapshot',
  permission: 'datasets.read',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    ref: z.string().min(1).max(200).default('latest'),
  }),
  async run({ ctx, input }): Promise<Snapshot> {
    const row = (await findTagged(ctx, input)) ?? (await findByForm(ctx, input))
    if (row === undefined) throw new FabriqueError('snapshot_ref_not_found', input)
    const snapshot = await toSnapshot(ctx, row)
    checkLoggedModel(ctx.actor, snapshot)
    return snapshot
  },
})

interface Asked {
  readonly project: string
  readonly dataset: string
  readonly ref: string
}

function snapshotsOf(ctx: VerbContext, { project, dataset }: Asked) {
  return datasetTables(ctx)
    .selectFrom('snapshots')
    .selectAll('snapshots')
    .where('snapshots.project', '=', project)
    .where('snapshots.dataset', '=', dataset)
}

async function findTagged(ctx: VerbContext, asked: Asked): Promise<SnapshotRow | undefined> {
  const row = await snapshotsOf(ctx, asked)
    .innerJoin('snapshot_tags', 'snapshot_tags.snapshot_id', 'snapshots.id')
    .where('snapshot_tags.project', '=', asked.project)
    .where('snapshot_tags.dataset', '=', asked.dataset)
    .where('snapshot_tags.tag', '=', asked.ref)
    .executeTakeFirst()
  return row as SnapshotRow | undefined
}

async function findById(ctx: VerbContext, asked: Asked, id: string | undefined): Promise<SnapshotRow | undefined> {
  if (id === undefined) return undefined
  const row = await snapshotsOf(ctx, asked).where('snapshots.id', '=', id).executeTakeFirst()
  return row as SnapshotRow | undefined
}

async function findByForm(ctx: VerbContext, asked: Asked): Promise<SnapshotRow | undefined> {
  switch (refKindOf(asked.ref)) {
    case 'latest':
      return findById(ctx, asked, await newestSnapshotId(ctx, asked))
    case 'moment':
      return findById(ctx, asked, await newestSnapshotId(ctx, asked, momentOf(asked.ref)))
    case 'id':
      return findById(ctx, asked, asked.ref)
    case 'hash': {
      const found = await snapshotsOf(ctx, asked)
        .where('content_hash', 'like', `${asked.ref}%`)
        .orderBy('content_hash')
        .limit(10)
        .execute()
      if (found.length > 1) {
        const snapshots = found.map(({ id, content_hash }) => `${content_hash.slice(0, 16)} (${id})`).join(', ')
        throw new FabriqueError('snapshot_ref_ambiguous', { ref: asked.ref, dataset: asked.dataset, snapshots })
      }
      return found[0] as SnapshotRow | undefined
    }
    default:
      return undefined
  }
}
