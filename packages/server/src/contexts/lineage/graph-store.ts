import type { LineageKind, LineageLink, LineageNode } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import type { LineageRef } from './record-lineage.js'

export type Direction = 'up' | 'down'

/** One text for a thing, as a key of sets. */
export const keyOf = ({ kind, id }: LineageRef): string => `${kind} ${id}`

const near = (direction: Direction) =>
  direction === 'down'
    ? { here: sql`l.from_kind = h.kind and l.from_id = h.id`, kind: sql`l.to_kind`, id: sql`l.to_id` }
    : { here: sql`l.to_kind = h.kind and l.to_id = h.id`, kind: sql`l.from_kind`, id: sql`l.from_id` }

const refsOf = (refs: readonly LineageRef[]) =>
  sql`unnest(${refs.map(({ kind }) => kind)}::text[], ${refs.map(({ id }) => id)}::text[])`

/** The thing of a kind and an id. A model version is also found by name and number, as `churn/3`: the newest of that name. */
export async function findThing(ctx: VerbContext, { kind, id }: LineageRef): Promise<LineageRef | undefined> {
  const { rows } =
    await sql<LineageRef>`select kind, id from lineage_nodes where kind = ${kind} and id = ${id}`.execute(ctx.db)
  if (rows[0] !== undefined || kind !== 'model_version') return rows[0]
  const named = /^(.+)\/(\d+)$/s.exec(id)
  if (named === null) return undefined
  const { rows: found } = await sql<LineageRef>`
    select kind, id from lineage_nodes
    where kind = 'model_version' and detail ->> 'model' = ${named[1]} and detail ->> 'version' = ${named[2]}
    order by deleted_at is not null, created_at desc limit 1
  `.execute(ctx.db)
  return found[0]
}

/**
 * Neighbours of some things in one direction that are not known yet, the newest links first, no more than asked for. Each thing
 * reads at most `known` plus `count` of its links, so that a hub of many costs no more than what is shown.
 */
export async function selectNeighbours(
  ctx: VerbContext,
  here: readonly LineageRef[],
  {
    direction,
    known,
    count,
  }: { readonly direction: Direction; readonly known: readonly LineageRef[]; readonly count: number },
): Promise<readonly LineageRef[]> {
  const side = near(direction)
  const { rows } = await sql<LineageRef>`
    select kind, id from (
      select distinct on (n.kind, n.id) n.kind, n.id, h.place, n.created_at
      from unnest(${here.map(({ kind }) => kind)}::text[], ${here.map(({ id }) => id)}::text[])
        with ordinality as h (kind, id, place)
      cross join lateral (
        select ${side.kind} as kind, ${side.id} as id, l.created_at from lineage_links l
        where ${side.here} order by l.created_at desc limit ${(known.length + count) * relationsMax}
      ) n
      where not exists (select from ${refsOf(known)} as k (kind, id) where k.kind = n.kind and k.id = n.id)
      order by n.kind, n.id, h.place
    ) found order by place, created_at desc, kind, id limit ${count}
  `.execute(ctx.db)
  return rows
}

/** Links of different relations between the same two things; in fact one or two. */
const relationsMax = 4

/** The nodes of some things, in their order, without what is beside them. */
export async function selectNodes(
  ctx: VerbContext,
  refs: readonly LineageRef[],
): Promise<readonly Omit<LineageNode, 'more'>[]> {
  const { rows } = await sql<{
    kind: LineageKind
    id: string
    label: string
    project: string | null
    detail: unknown
    created_at: Date
    is_deleted: boolean
  }>`
    select n.kind, n.id, n.label, n.project, n.detail, n.created_at, n.deleted_at is not null as is_deleted
    from unnest(${refs.map(({ kind }) => kind)}::text[], ${refs.map(({ id }) => id)}::text[])
      with ordinality as g (kind, id, place)
    join lineage_nodes n on n.kind = g.kind and n.id = g.id order by g.place
  `.execute(ctx.db)
  return rows.map(({ project, detail, created_at, ...row }) => ({
    ...row,
    ...(project === null ? {} : { project }),
    detail: fromJsonb<LineageNode['detail']>(detail),
    created_at: created_at.toISOString(),
  }))
}

/** The links between some things. */
export async function selectLinks(ctx: VerbContext, refs: readonly LineageRef[]): Promise<readonly LineageLink[]> {
  const { rows } = await sql<{
    from_kind: LineageKind
    from_id: string
    to_kind: LineageKind
    to_id: string
    relation: string
    created_at: Date
  }>`
    with shown as materialized (select * from ${refsOf(refs)} as s (kind, id))
    select l.from_kind, l.from_id, l.to_kind, l.to_id, l.relation, l.created_at
    from shown a join lineage_links l on l.from_kind = a.kind and l.from_id = a.id
    join shown b on l.to_kind = b.kind and l.to_id = b.id
    order by l.created_at, 1, 2, 3, 4, 5
  `.execute(ctx.db)
  return rows.map((row) => ({
    from: { kind: row.from_kind, id: row.from_id },
    to: { kind: row.to_kind, id: row.to_id },
    relation: row.relation,
    created_at: row.created_at.toISOString(),
  }))
}

/** How many things stand directly beside each of some things, in both directions; counted up to a bound. */
export async function countNeighbours(
  ctx: VerbContext,
  refs: readonly LineageRef[],
): Promise<ReadonlyMap<string, { readonly up: number; readonly down: number }>> {
  const most = limit('lineage.counted_max')
  const counted = (direction: Direction) => {
    const { here, kind, id } = near(direction)
    return sql`(
      select count(*)::int from (
        select distinct kind, id from (select ${kind} as kind, ${id} as id from lineage_links l where ${here} limit ${most}) read
      ) beside
    )`
  }
  const { rows } = await sql<LineageRef & { up: number; down: number }>`
    select h.kind, h.id, ${counted('up')} as up, ${counted('down')} as down from ${refsOf(refs)} as h (kind, id)
  `.execute(ctx.db)
  return new Map(rows.map(({ up, down, ...ref }) => [keyOf(ref), { up, down }]))
}
