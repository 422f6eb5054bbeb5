import { FabriqueError, Json, LineageKind, type Remote, Sha256, Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import type { VerbContext } from '../../platform/index.js'
import type { ManifestPlace } from './remote-store.js'

/** Kinds of things that a snapshot comes from. */
const originKinds = LineageKind.extract(['source', 'ingest', 'snapshot'])
const LineageEnd = z.object({ kind: originKinds, id: z.string().min(1).max(500) })

/** What a snapshot consists of and comes from: all that is needed to make it again elsewhere. */
export const Manifest = z.object({
  format: z.literal('fabrique-snapshot'),
  version: z.literal(1),
  snapshot: Snapshot.extend({
    id: z.string().regex(/^snap_[0-9a-z]{1,60}$/),
    row_count: z.number().int().min(0),
    bytes: z.number().int().min(0),
    parts: z.array(Snapshot.shape.parts.element.extend({ bytes: z.number().int().min(0) })).max(1_000_000),
    columns: Snapshot.shape.columns.max(100_000),
    tags: z.array(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)).max(10_000),
  }),
  blobs: z.array(z.object({ sha256: Sha256, bytes: z.number().int().min(0), is_pack: z.boolean() })).max(2_000_000),
  profile: z.object({ version: z.number().int(), profile: Json }).optional(),
  lineage: z.object({
    things: z
      .array(
        LineageEnd.extend({
          label: z.string().max(4000),
          project: z.string().max(63).optional(),
          detail: z.record(z.string().max(200), z.union([z.string().max(10_000), z.number(), z.boolean()])),
        }),
      )
      .max(1000),
    steps: z.array(z.object({ from: LineageEnd, to: LineageEnd, relation: z.string().max(100) })).max(1000),
  }),
})
export type Manifest = z.infer<typeof Manifest>

/** Describes a snapshot of this server. Throws `blob_not_found` where some of its content is lost. */
export async function makeManifest(ctx: VerbContext, snapshot: Snapshot): Promise<Manifest> {
  const { rows } = await sql<{ sha256: string; is_pack: boolean }>`
    select b.sha256, exists (select from packed_files p where p.pack_sha256 = b.sha256) as is_pack from (
      select sha256 from snapshot_blobs where snapshot_id = ${snapshot.id}
      union select sha256 from snapshot_parts where snapshot_id = ${snapshot.id}) b
    order by 1
  `.execute(ctx.db)
  const blobs: Manifest['blobs'] = []
  for (const { sha256, is_pack } of rows) {
    const bytes = await ctx.blobs.size(sha256)
    if (bytes === undefined) throw new FabriqueError('blob_not_found', { hash: sha256 })
    blobs.push({ sha256, bytes, is_pack })
  }
  const profile = await sql<{ version: number; profile: Json }>`
    select version, profile from snapshot_profiles where snapshot_id = ${snapshot.id}
  `.execute(ctx.db)
  const [found] = profile.rows
  return {
    format: 'fabrique-snapshot',
    version: 1,
    snapshot,
    blobs,
    ...(found === undefined ? {} : { profile: found }),
    lineage: await originsOf(ctx, snapshot.id),
  }
}

/** What a snapshot was made from, upwards. */
async function originsOf(ctx: VerbContext, id: string): Promise<Manifest['lineage']> {
  const { rows: steps } = await sql<Record<'from_kind' | 'from_id' | 'to_kind' | 'to_id' | 'relation', string>>`
    with recursive above (kind, id, depth) as (
      values ('snapshot', ${id}, 0)
      union
      select l.from_kind, l.from_id, a.depth + 1 from above a
      join lineage_links l on l.to_kind = a.kind and l.to_id = a.id
      where a.depth < 10 and l.from_kind in ('source', 'ingest')
    )
    select distinct l.from_kind, l.from_id, l.to_kind, l.to_id, l.relation from above a
    join lineage_links l on l.to_kind = a.kind and l.to_id = a.id and l.from_kind in ('source', 'ingest')
    order by 1, 2, 3, 4, 5 limit 1000
  `.execute(ctx.db)
  const { rows: things } = await sql<
    Omit<Manifest['lineage']['things'][number], 'project'> & { project: string | null }
  >`
    select kind, id, label, project, detail from lineage_nodes
    where (kind, id) in (select * from unnest(${steps.map((step) => step.from_kind)}::text[], ${steps.map((step) => step.from_id)}::text[]))
    order by kind, id
  `.execute(ctx.db)
  return {
    things: things.map(({ project, ...thing }) => (project === null ? thing : { ...thing, project })),
    steps: steps.map((step) => ({
      from: LineageEnd.parse({ kind: step.from_kind, id: step.from_id }),
      to: LineageEnd.parse({ kind: step.to_kind, id: step.to_id }),
      relation: step.relation,
    })),
  }
}

/** Reads what came from a remote. Throws `remote_manifest_invalid` that says what is wrong. */
export function parseManifest(text: string, place: ManifestPlace, remote: Remote): Manifest {
  const refuse = (reason: string): never => {
    throw new FabriqueError('remote_manifest_invalid', { snapshot: place.id, remote: remote.name, reason })
  }
  const parsed = Manifest.safeParse(parseJson(text) ?? refuse('it is not JSON'))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return refuse(`${z.core.toDotPath(issue?.path ?? [])}: ${issue?.message ?? 'invalid'}`)
  }
  const { snapshot, blobs } = parsed.data
  if (snapshot.id !== place.id || snapshot.project !== place.project || snapshot.dataset !== place.dataset) {
    return refuse('it describes another snapshot than its name says')
  }
  const sizes = new Map(blobs.map(({ sha256, bytes }) => [sha256, bytes]))
  if (sizes.size !== blobs.length) return refuse('it names a content twice')
  if (snapshot.parts.some(({ sha256, bytes }) => sizes.get(sha256) !== bytes)) {
    return refuse('a part is not among its contents')
  }
  if (snapshot.parts.reduce((sum, part) => sum + part.row_count, 0) !== snapshot.row_count) {
    return refuse('its rows are not those of its parts')
  }
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
