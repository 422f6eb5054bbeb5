import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { LineageRef, LineageThing } from './record-lineage.js'

type Refs = LineageRef | readonly LineageRef[]

/** Marks things as erased for good; their places in the lineage stay. Those the lineage does not know are left out. */
export async function markErased(ctx: VerbContext, refs: Refs): Promise<void> {
  const at = ctx.clock.now()
  await update(ctx, refs, sql`deleted_at = coalesce(deleted_at, ${at}), erased_at = ${at}`, sql`erased_at is null`)
}

/** Marks things that went to the trash: they may come back, so what they need must stay. */
export async function markDeleted(ctx: VerbContext, refs: Refs): Promise<void> {
  await update(ctx, refs, sql`deleted_at = ${ctx.clock.now()}`, sql`deleted_at is null`)
}

/** Takes the mark off things that came back from the trash. */
export async function markRestored(ctx: VerbContext, refs: Refs): Promise<void> {
  await update(ctx, refs, sql`deleted_at = null`, sql`deleted_at is not null and erased_at is null`)
}

/** Gives things that the lineage knows their new names; others are left out. */
export async function relabel(ctx: VerbContext, things: readonly LineageThing[]): Promise<void> {
  if (things.length === 0) return
  const rows = things.map(({ kind, id, label, detail }) => ({ kind, id, label, detail: detail ?? {} }))
  await sql`
    update lineage_nodes n set label = g.label, detail = n.detail || g.detail
    from json_to_recordset(${JSON.stringify(rows)}::json) as g (kind text, id text, label text, detail jsonb)
    where n.kind = g.kind and n.id = g.id
  `.execute(ctx.db)
}

async function update(ctx: VerbContext, refs: Refs, change: RawBuilder<unknown>, where: RawBuilder<unknown>) {
  const rows: readonly LineageRef[] = 'kind' in refs ? [refs] : refs
  if (rows.length === 0) return
  // Locked in one order: two changes of many things never wait for each other in a circle.
  await sql`
    with locked as (
      select n.kind, n.id from lineage_nodes n
      join unnest(${rows.map(({ kind }) => kind)}::text[], ${rows.map(({ id }) => id)}::text[]) as g (kind, id)
        on n.kind = g.kind and n.id = g.id
      where ${where} order by n.kind, n.id for no key update of n
    )
    update lineage_nodes n set ${change} from locked where n.kind = locked.kind and n.id = locked.id
  `.execute(ctx.db)
}

/**
 * The things that were made from this one, at the first step: what depends on it, asked before it is erased. Those in the trash
 * count, since they may come back.
 */
export async function madeFrom(ctx: VerbContext, { kind, id }: LineageRef): Promise<readonly LineageRef[]> {
  const { rows } = await sql<LineageRef>`
    select distinct l.to_kind as kind, l.to_id as id from lineage_links l
    join lineage_nodes n on n.kind = l.to_kind and n.id = l.to_id
    where l.from_kind = ${kind} and l.from_id = ${id} and n.erased_at is null
    order by 1, 2 limit 1000
  `.execute(ctx.db)
  return rows
}
