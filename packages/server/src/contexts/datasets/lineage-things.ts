import { createHash } from 'node:crypto'
import type { Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { LineageThing } from '../lineage/index.js'

type Named = Pick<Snapshot, 'id' | 'project' | 'dataset' | 'content_hash' | 'row_count'>

/** A snapshot as it stands in the lineage; the same for all who tell of it. */
export function snapshotThing({ id, project, dataset, content_hash, row_count }: Named): LineageThing {
  const label = `${dataset} ${content_hash.slice(0, 8)}`
  return { kind: 'snapshot', id, label, project, detail: { dataset, rows: row_count, content_hash } }
}

/**
 * What a data set is read from, as it stands in the lineage: one for each project, kind and place; of several data sets that read it, it
 * names the last. A file that was sent has no place: it is one for each name and content.
 */
export function sourceThing({
  project,
  dataset,
  kind,
  location,
  sha256,
}: {
  readonly project: string
  readonly dataset: string
  readonly kind: string
  readonly location: string
  readonly sha256?: string
}): LineageThing {
  const key = sha256 === undefined ? location : `${location}\n${sha256}`
  // Short, since it stands in addresses. Migration 0025 makes the same.
  const id = `${project}/${kind}/${createHash('md5').update(key).digest('hex').slice(0, 16)}`
  const detail = { dataset, kind, location, ...(sha256 === undefined ? {} : { sha256 }) }
  return { kind: 'source', id, label: location, project, detail }
}

/** How a client may name a snapshot: by its id somewhere in the source, or by the beginning of the hash of its content. */
export interface AskedSnapshot {
  readonly name: string
  readonly digest: string
  readonly source: string
}

/** Shorter digests are other hashes, as the eight characters of MLflow. */
const leastDigest = /^[0-9a-f]{16,64}$/

/** The snapshots that are meant, by place in what is asked. A digest that several data sets have means the one of that name, or all. */
export async function findMeantSnapshots(
  ctx: VerbContext,
  asked: readonly AskedSnapshot[],
): Promise<readonly { readonly place: number; readonly snapshot: Named }[]> {
  const rows = asked.flatMap(({ name, digest, source }, place) => {
    const id = /snap_[0-9a-z]+/.exec(source)?.[0] ?? null
    const hash = leastDigest.test(digest) ? digest : null
    return id === null && hash === null ? [] : [{ place, name, id, hash }]
  })
  if (rows.length === 0) return []
  const { rows: found } = await sql<Named & { place: number }>`
    select place, id, project, dataset, content_hash, row_count from (
      select g.place, s.*, rank() over (partition by g.place order by s.id = g.id desc nulls last, s.dataset = g.name desc) as best
      from json_to_recordset(${JSON.stringify(rows)}::json) as g (place int, name text, id text, hash text)
      cross join lateral (
        select id, project, dataset, content_hash, row_count from snapshots where snapshots.id = g.id
        union
        (select id, project, dataset, content_hash, row_count from snapshots
         where content_hash ~>=~ g.hash and content_hash ~<~ (g.hash || 'g') order by created_at desc limit 100)
      ) s
    ) meant where best = 1 order by place, id
  `.execute(ctx.db)
  return found.map(({ place, ...snapshot }) => ({ place, snapshot }))
}
