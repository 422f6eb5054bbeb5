import type { LineageKind } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

export interface LineageRef {
  readonly kind: LineageKind
  readonly id: string
}

/** A thing of the lineage, told when it is made. Told again, its label and detail are replaced. */
export interface LineageThing extends LineageRef {
  /** For people, as `usage.csv` or `churn 12`. */
  readonly label: string
  readonly project?: string | undefined
  readonly detail?: Readonly<Record<string, string | number | boolean>>
  /** For a thing that another context tells: written only where it is not there yet. */
  readonly keep?: true
}

export interface LineageStep {
  readonly from: LineageRef
  readonly to: LineageRef
  /** As `read`, `made`, `checked`, `trained`, `registered`. */
  readonly relation: string
}

/**
 * Writes things and the steps between them, in the transaction of the change that made them: a link is there if and only if what it
 * tells of is. Both ends of a step must have been told, now or before. Telling it again changes nothing. A thing that was erased
 * and is made again under its id is there again.
 */
export async function recordLineage(
  ctx: VerbContext,
  { things = [], steps = [] }: { readonly things?: readonly LineageThing[]; readonly steps?: readonly LineageStep[] },
): Promise<void> {
  const at = ctx.clock.now()
  const told = things.filter(({ keep }) => keep !== true)
  const kept = things.filter(({ keep }) => keep === true)
  if (told.length > 0) {
    await sql`
      insert into lineage_nodes (kind, id, label, project, detail, created_at) ${givenNodes(told, at)}
      on conflict (kind, id) do update
      set label = excluded.label, detail = excluded.detail, deleted_at = null, erased_at = null
      where (lineage_nodes.label, lineage_nodes.detail) is distinct from (excluded.label, excluded.detail)
        or lineage_nodes.deleted_at is not null
    `.execute(ctx.db)
  }
  if (kept.length > 0) {
    await sql`
      insert into lineage_nodes (kind, id, label, project, detail, created_at) ${givenNodes(kept, at)}
      on conflict (kind, id) do nothing
    `.execute(ctx.db)
  }
  if (steps.length > 0) {
    const rows = steps.map(({ from, to, relation }) => ({ from, to, relation }))
    await sql`
      insert into lineage_links (from_kind, from_id, to_kind, to_id, relation, created_at)
      select distinct s.from ->> 'kind', s.from ->> 'id', s.to ->> 'kind', s.to ->> 'id', s.relation, ${at}::timestamptz
      from json_to_recordset(${JSON.stringify(rows)}::json) as s ("from" json, "to" json, relation text)
      order by 1, 2, 3, 4, 5
      on conflict do nothing
    `.execute(ctx.db)
  }
}

/** In one order from every caller, so that two never wait for each other in a circle; of a thing given twice, the last. */
function givenNodes(things: readonly LineageThing[], at: Date) {
  const unique = new Map(things.map((thing) => [`${thing.kind} ${thing.id}`, thing]))
  const rows = [...unique.values()].map(({ kind, id, label, project, detail }) => ({
    kind,
    id,
    label,
    project: project ?? null,
    detail: detail ?? {},
  }))
  return sql`
    select g.kind, g.id, g.label, g.project, g.detail, ${at}::timestamptz
    from json_to_recordset(${JSON.stringify(rows)}::json) as g (kind text, id text, label text, project text, detail jsonb)
    order by 1, 2
  `
}
