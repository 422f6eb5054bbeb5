import { FabriqueError, type Finding, FindingQuery } from '@fabrique/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, isAfter, pageOf, type RecordChange, readVerb, type VerbContext } from '../../../platform/index.js'
import { grantedAll, language } from '../model.js'
import { type FindingRow, toFinding } from '../store.js'

/** Findings that the actor may see, newest first. The token of a page is the id of the last one shown. Throws `page_token_invalid`. */
export const listFindings = readVerb({
  name: 'monitoring.list_findings',
  permission: 'monitors.read',
  input: FindingQuery.extend({ language }),
  async run({ ctx, input }): Promise<{ items: Finding[]; next_page_token?: string }> {
    const { monitor, project, model, state, page_token: token } = input
    const conditions: RawBuilder<SqlBool>[] = [grantedAll(ctx.actor, sql`models`)]
    if (monitor !== undefined) conditions.push(sql`monitor = ${monitor}`)
    if (project !== undefined) conditions.push(sql`project = ${project}`)
    if (model !== undefined) conditions.push(sql`model = ${model}`)
    if (state === 'unresolved') conditions.push(sql`state <> 'resolved'`)
    else if (state !== undefined) conditions.push(sql`state = ${state}`)
    if (token !== undefined) {
      const { rows } = await sql<{ id: string; at: Date }>`
        select id, opened_at as at from findings where id = ${token}`.execute(ctx.db)
      const [last] = rows
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token })
      conditions.push(isAfter('opened_at', last))
    }
    const { rows } = await sql<FindingRow>`
      select * from findings where ${sql.join(conditions, sql` and `)} order by opened_at desc, id desc limit ${input.limit + 1}
    `.execute(ctx.db)
    const { shown, next } = pageOf(rows, input.limit)
    return { items: shown.map((row) => toFinding(row, input.language)), ...next }
  },
})

const Deciding = z.object({ finding: z.string(), note: z.string().max(2000).default(''), language })

/** Says that a finding is known; its note replaces the one before, where there is one. Throws `finding_not_found`, `finding_resolved`. */
export const acknowledgeFinding = changeVerb({
  name: 'monitoring.acknowledge_finding',
  permission: 'monitors.write',
  input: Deciding,
  async run({ ctx, input, record }): Promise<Finding> {
    await lockOpen(ctx, input.finding)
    const { rows } = await sql<FindingRow>`
      update findings set state = 'acknowledged', acknowledged_at = ${ctx.clock.now()}, acknowledged_by = ${ctx.actor.id},
        note = case when ${input.note} = '' then note else ${input.note} end
      where id = ${input.finding} returning *
    `.execute(ctx.db)
    return told(record, rows, input)
  },
})

/** Says that a finding is over: what it blocked goes on, and what is found again opens another one. Throws as `acknowledgeFinding`. */
export const resolveFinding = changeVerb({
  name: 'monitoring.resolve_finding',
  permission: 'monitors.write',
  input: Deciding,
  async run({ ctx, input, record }): Promise<Finding> {
    await lockOpen(ctx, input.finding)
    const { rows } = await sql<FindingRow>`
      update findings set state = 'resolved', resolved_at = ${ctx.clock.now()}, resolved_by = ${ctx.actor.id},
        note = case when ${input.note} = '' then note else ${input.note} end
      where id = ${input.finding} returning *
    `.execute(ctx.db)
    return told(record, rows, input)
  },
})

/** Locked after its monitor, as a report does, so that neither waits for the other. */
async function lockOpen(ctx: VerbContext, finding: string): Promise<void> {
  await sql`
    select from monitors where name = (select monitor from findings where id = ${finding}) for update`.execute(ctx.db)
  const { rows } = await sql<FindingRow>`
    select * from findings where id = ${finding} and ${grantedAll(ctx.actor, sql`models`)} for update`.execute(ctx.db)
  const [row] = rows
  if (row === undefined) throw new FabriqueError('finding_not_found', { finding })
  if (row.state === 'resolved') throw new FabriqueError('finding_resolved', { finding, by: row.resolved_by ?? '' })
}

async function told(
  record: RecordChange,
  [row]: readonly FindingRow[],
  input: z.output<typeof Deciding>,
): Promise<Finding> {
  if (row === undefined) throw new FabriqueError('finding_not_found', { finding: input.finding })
  const { id, project, monitor, model, state } = row
  await record({
    subject: `findings/${id}`,
    event: 'finding.changed',
    payload: { project, monitor, finding_id: id, state, ...(model === null ? {} : { model }) },
    reason: input.note.slice(0, 500),
  })
  return toFinding(row, input.language)
}

/** The finding that keeps versions of a model from becoming its champion by themselves; undefined where none does. */
export async function blockingFinding(
  ctx: VerbContext,
  model: string,
): Promise<{ readonly id: string; readonly monitor: string } | undefined> {
  const { rows } = await sql<{ id: string; monitor: string }>`
    select id, monitor from findings where model = ${model} and blocks_promotion and state <> 'resolved'
    order by opened_at limit 1
  `.execute(ctx.db)
  return rows[0]
}
