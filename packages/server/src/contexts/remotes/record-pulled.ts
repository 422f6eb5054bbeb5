import { FabriqueError, type TransferResult } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { insertSnapshotBlobs, lockPacks, setSnapshotTag, snapshotThing } from '../datasets/index.js'
import { recordLineage } from '../lineage/index.js'
import { Manifest } from './manifest.js'

export interface RecordedPull {
  /** False where it was here already. */
  readonly created: boolean
  readonly conflicts: TransferResult['tag_conflicts']
}

/**
 * Writes a snapshot whose contents are in the store: with its own id, or that which the same content has here. Throws
 * `remote_manifest_invalid` where the id stands for something else here.
 */
export const recordPulled = changeVerb({
  name: 'remotes.record_pulled',
  permission: 'datasets.write',
  input: z.object({ manifest: Manifest, remote: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<RecordedPull> {
    const { manifest, remote } = input
    const { snapshot, blobs } = manifest
    const { project, dataset, content_hash } = snapshot
    await lockPacks(ctx)
    const byId = await sql<{ project: string; dataset: string; content_hash: string }>`
      select project, dataset, content_hash from snapshots where id = ${snapshot.id}
    `.execute(ctx.db)
    const [taken] = byId.rows
    if (
      taken !== undefined &&
      (taken.project !== project || taken.dataset !== dataset || taken.content_hash !== content_hash)
    ) {
      const reason = `its id stands for another content of ${taken.project}/${taken.dataset} here`
      throw new FabriqueError('remote_manifest_invalid', { snapshot: snapshot.id, remote, reason })
    }
    const inserted = await sql<{ id: string }>`
      insert into snapshots (id, kind, project, dataset, content_hash, source, columns, row_count, bytes, created_at)
      values (${snapshot.id}, ${snapshot.kind}, ${project}, ${dataset}, ${content_hash}, ${JSON.stringify(snapshot.source)},
        ${JSON.stringify(snapshot.columns)}, ${snapshot.row_count}, ${snapshot.bytes}, ${snapshot.created_at})
      on conflict do nothing returning id
    `.execute(ctx.db)
    const created = inserted.rows.length > 0
    const found = await sql<{ id: string }>`
      select id from snapshots where project = ${project} and dataset = ${dataset} and content_hash = ${content_hash}
    `.execute(ctx.db)
    const id = found.rows[0]?.id ?? snapshot.id
    await insertSnapshotBlobs(
      ctx,
      id,
      blobs.map(({ sha256 }) => sha256),
    )
    if (created) {
      await insertDetails(ctx, manifest)
      await record({
        subject: `snapshots/${id}`,
        event: 'snapshot.created',
        reason: `From remote ${remote}`,
        payload: { project, dataset, snapshot_id: id },
      })
    } else unchanged()
    return { created, conflicts: await takeTags(ctx, manifest, id) }
  },
})

async function insertDetails(ctx: VerbContext, { snapshot, profile, lineage }: Manifest): Promise<void> {
  const { parts } = snapshot
  await sql`
    insert into snapshot_parts (snapshot_id, position, sha256, bytes, row_count, source, source_sha256)
    select ${snapshot.id}, t.position - 1, t.sha256, t.bytes, t.row_count, t.source, t.source_sha256 from unnest(
      ${parts.map(({ sha256 }) => sha256)}::text[], ${parts.map(({ bytes }) => bytes)}::bigint[],
      ${parts.map(({ row_count }) => row_count)}::bigint[], ${parts.map(({ source }) => source)}::text[],
      ${parts.map(({ source_sha256 }) => source_sha256 ?? null)}::text[]
    ) with ordinality as t (sha256, bytes, row_count, source, source_sha256, position)
  `.execute(ctx.db)
  if (profile !== undefined) {
    await sql`
      insert into snapshot_profiles (snapshot_id, version, profile, created_at)
      values (${snapshot.id}, ${profile.version}, ${JSON.stringify(profile.profile)}::jsonb, ${ctx.clock.now()})
      on conflict do nothing
    `.execute(ctx.db)
  }
  // What is told of here stays as it was told; a remote only adds.
  const { rows } = await sql<{ kind: string; id: string }>`
    select kind, id from lineage_nodes where (kind, id) in (select * from unnest(
      ${lineage.things.map(({ kind }) => kind)}::text[], ${lineage.things.map(({ id }) => id)}::text[]))
  `.execute(ctx.db)
  const here = new Set(rows.map(({ kind, id }) => `${kind} ${id}`))
  const things = lineage.things.filter(({ kind, id }) => kind !== 'snapshot' && !here.has(`${kind} ${id}`))
  const own = { kind: 'snapshot' as const, id: snapshot.id }
  const fresh = new Set([...things, own].map(({ kind, id }) => `${kind} ${id}`))
  const told = new Set([...fresh, ...here])
  await recordLineage(ctx, {
    things: [...things, snapshotThing(snapshot)],
    steps: lineage.steps.filter(
      ({ from, to }) => fresh.has(`${to.kind} ${to.id}`) && told.has(`${from.kind} ${from.id}`),
    ),
  })
}

/** Sets tags that are free here; one that stands for another snapshot here stays, and is told. */
async function takeTags(
  ctx: VerbContext,
  { snapshot }: Manifest,
  id: string,
): Promise<TransferResult['tag_conflicts']> {
  const { project, dataset } = snapshot
  const conflicts: TransferResult['tag_conflicts'] = []
  for (const tag of snapshot.tags) {
    const { rows } = await sql<{ snapshot_id: string }>`
      select snapshot_id from snapshot_tags where project = ${project} and dataset = ${dataset} and tag = ${tag}
    `.execute(ctx.db)
    const here = rows[0]?.snapshot_id
    if (here === undefined) await setSnapshotTag({ ctx, input: { project, dataset, tag, ref: id, reason: 'pulled' } })
    else if (here !== id) conflicts.push({ project, dataset, tag, here, there: snapshot.id })
  }
  return conflicts
}
