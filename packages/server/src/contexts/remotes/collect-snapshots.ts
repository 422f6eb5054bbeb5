import { CollectRequest, type CollectResult, isFabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { sweepBlobs } from '../artifacts/index.js'
import { deleteSnapshot, forgetLostPacks, loggedModelSql, looksAtSnapshots } from '../datasets/index.js'
import { repackDeadPacks } from './repack.js'
import type { Report } from './transfer-progress.js'

interface Candidate {
  readonly id: string
  readonly project: string
  readonly dataset: string
  readonly created_at: Date
  readonly bytes: number
}

/** Days that the state of a file which nobody asked for is remembered. */
const stateDays = 180

/**
 * Erases snapshots that nothing needs, then frees content that nothing names: safe while others write, since content that was put a
 * short while ago stays. An actor that is limited to some models erases no log of another. A dry run tells what would go. Packs of which little is needed are written anew.
 */
export const collectSnapshots = taskVerb({
  name: 'remotes.collect_snapshots',
  permission: 'datasets.write',
  input: CollectRequest.extend({ report: z.custom<Report>().optional() }),
  async run({ ctx, input }): Promise<CollectResult> {
    const { report, reason, dry_run } = input
    const candidates = await selectCandidates(ctx, input)
    if (dry_run) {
      const { blobs, bytes } = await measureFreed(ctx, candidates)
      return { snapshots: candidates.map(tell), blobs, bytes, dry_run }
    }
    const erased: Candidate[] = []
    const packs = new Set<string>()
    for (const candidate of candidates) {
      ctx.signal?.throwIfAborted()
      const named = await packsOf(ctx, candidate.id)
      try {
        await deleteSnapshot({ ctx, input: { snapshot: candidate.id, reason } })
      } catch (error) {
        // Somebody began to use it, or erased it, in this very moment.
        if (isFabriqueError(error) && ['snapshot_in_use', 'snapshot_not_found'].includes(error.code)) continue
        throw error
      }
      for (const pack of named) packs.add(pack)
      erased.push(candidate)
      report?.({ stage: 'erase', files_done: erased.length, files_total: candidates.length })
    }
    report?.({ stage: 'repack' })
    await repackDeadPacks(ctx, [...packs])
    report?.({ stage: 'free' })
    const { blobs, bytes } = await sweepBlobs({ ctx, input: {} })
    await forgetUnnamedPacks(ctx)
    const before = new Date(ctx.clock.now().getTime() - stateDays * 86_400_000)
    await sql`delete from file_states where read_at < ${before}`.execute(ctx.db)
    return { snapshots: erased.map(tell), blobs, bytes, dry_run }
  },
})

function tell({ created_at, ...candidate }: Candidate): CollectResult['snapshots'][number] {
  return { ...candidate, created_at: created_at.toISOString() }
}

/** Snapshots that are neither new nor tagged nor used by anything but validations and drift reports, oldest first. */
async function selectCandidates(
  ctx: VerbContext,
  { project, dataset, keep_newest, keep_days }: CollectRequest,
): Promise<readonly Candidate[]> {
  const before = new Date(ctx.clock.now().getTime() - keep_days * 86_400_000)
  const { rows } = await sql<Candidate>`
    select id, project, dataset, created_at, bytes from (
      select s.*, row_number() over (
        partition by project, dataset order by (select max(at) from snapshot_moments m where m.snapshot_id = s.id) desc, id
      ) as place from snapshots s
    ) snapshots
    where ${loggedModelSql(ctx.actor)} and place > ${keep_newest} and created_at < ${before}
      and (${project ?? null}::text is null or project = ${project ?? null})
      and (${dataset ?? null}::text is null or dataset = ${dataset ?? null})
      and not exists (select from snapshot_tags t where t.snapshot_id = snapshots.id)
      and not exists (
        select from lineage_links l join lineage_nodes n on n.kind = l.to_kind and n.id = l.to_id
        where l.from_kind = 'snapshot' and l.from_id = snapshots.id and l.to_kind <> all(${[...looksAtSnapshots]}::text[])
          and n.deleted_at is null)
    order by created_at, id limit 10000
  `.execute(ctx.db)
  return rows
}

async function packsOf(ctx: VerbContext, id: string): Promise<readonly string[]> {
  const { rows } = await sql<{ sha256: string }>`
    select sha256 from snapshot_blobs b where snapshot_id = ${id}
      and exists (select from packed_files p where p.pack_sha256 = b.sha256)
  `.execute(ctx.db)
  return rows.map(({ sha256 }) => sha256)
}

/** What only these snapshots name. */
async function measureFreed(
  ctx: VerbContext,
  candidates: readonly Candidate[],
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  const { rows } = await sql<{ sha256: string }>`
    with going (id) as (select unnest(${candidates.map(({ id }) => id)}::text[])),
    named (snapshot_id, sha256) as (
      select snapshot_id, sha256 from snapshot_parts union select snapshot_id, sha256 from snapshot_blobs
      union select id, content_hash from snapshots)
    select distinct n.sha256 from named n join going g on g.id = n.snapshot_id
    where not exists (select from named o where o.sha256 = n.sha256 and o.snapshot_id not in (select id from going))
      and not exists (select from artifacts a where a.sha256 = n.sha256)
      and not exists (select from artifact_upload_parts u where u.sha256 = n.sha256)
  `.execute(ctx.db)
  let blobs = 0
  let bytes = 0
  for (const { sha256 } of rows) {
    const size = await ctx.blobs.size(sha256)
    if (size === undefined) continue
    blobs += 1
    bytes += size
  }
  return { blobs, bytes }
}

async function forgetUnnamedPacks(ctx: VerbContext): Promise<void> {
  const { rows } = await sql<{ pack: string }>`
    select distinct pack_sha256 as pack from packed_files p
    where not exists (select from snapshot_blobs b where b.sha256 = p.pack_sha256)
  `.execute(ctx.db)
  await forgetLostPacks(
    ctx,
    rows.map(({ pack }) => pack),
  )
}
