import type { PredictionData } from '@fabrique/contract'
import { sql } from 'kysely'
import { fromJsonb, inTransaction, type VerbContext } from '../../../platform/index.js'
import { dayOf, nextDay } from '../days.js'
import type { LogColumn } from './log-columns.js'

/** A file of a day, in the blob store. */
export interface DayPart {
  readonly sha256: string
  readonly bytes: number
  readonly row_count: number
  readonly columns: readonly LogColumn[]
}

export interface CompactedDay {
  readonly model: string
  readonly day: string
  /** What was written of the day when it was read. */
  readonly changes: string
  readonly versions: readonly string[]
  readonly parts: readonly DayPart[]
}

export interface DueDay {
  readonly model: string
  readonly day: string
  readonly changes: string
}

export interface DueAsked {
  /** All models without. */
  readonly model?: string | undefined
  /** Also days that are not over. */
  readonly open: boolean
  /** Days whose files are younger wait, where the log has changed since: undefined for none. */
  readonly restMs?: number | undefined
}

/** Days of the log of which not all is in files, oldest first. */
export async function dueDays(ctx: VerbContext, { model, open, restMs = 0 }: DueAsked): Promise<readonly DueDay[]> {
  const now = ctx.clock.now()
  const today = dayOf(now)
  const rested = new Date(now.getTime() - restMs)
  const { rows } = await sql<DueDay>`
    select d.model, d.day::text, d.changes::text from prediction_days d left join compacted_days c on c.model = d.model and c.day = d.day
    where (${model ?? null}::text is null or d.model = ${model ?? null}) and (${open} or d.day < ${today}::date)
      and (c.changes is null or (c.changes <> d.changes and c.compacted_at <= ${rested} and not c.forgotten))
    order by d.day, d.model`.execute(ctx.db)
  return rows
}

/** Puts the files of a day in place of those before. */
export async function replaceDay(
  ctx: VerbContext,
  { model, day, changes, versions, parts }: CompactedDay,
): Promise<void> {
  const rows = parts.reduce((sum, { row_count }) => sum + row_count, 0)
  await inTransaction(ctx, async ({ db, clock }) => {
    await sql`delete from compacted_days where model = ${model} and day = ${day}`.execute(db)
    await sql`
      insert into compacted_days (model, day, changes, row_count, versions, compacted_at)
      values (${model}, ${day}, ${changes}, ${rows}, ${[...versions]}::text[], ${clock.now()})`.execute(db)
    for (const [position, part] of parts.entries()) {
      await sql`
        insert into compacted_parts (model, day, position, sha256, bytes, row_count, columns)
        values (${model}, ${day}, ${position}, ${part.sha256}, ${part.bytes}, ${part.row_count}, ${JSON.stringify(part.columns)})
      `.execute(db)
    }
  })
}

/** The days of a model that are in files, oldest first. */
export async function compactedDays(ctx: VerbContext, model: string): Promise<readonly CompactedDay[]> {
  const { rows } = await sql<{
    day: string
    changes: string
    versions: string[]
    sha256: string | null
    bytes: string
    row_count: string
    columns: unknown
  }>`
    select d.day::text, d.changes::text, d.versions, p.sha256, p.bytes::text, p.row_count::text, p.columns
    from compacted_days d left join compacted_parts p on p.model = d.model and p.day = d.day
    where d.model = ${model} and not d.forgotten order by d.day, p.position`.execute(ctx.db)
  const found = new Map<string, CompactedDay & { readonly parts: DayPart[] }>()
  for (const { day, changes, versions, sha256, bytes, row_count, columns } of rows) {
    const one = found.get(day) ?? { model, day, changes, versions, parts: [] }
    found.set(day, one)
    if (sha256 === null) continue
    one.parts.push({
      sha256,
      bytes: Number(bytes),
      row_count: Number(row_count),
      columns: fromJsonb<readonly LogColumn[]>(columns),
    })
  }
  return [...found.values()]
}

/** Lets the oldest files beyond so many days of a model go. That a day was written stays known as long as the log has it. */
export async function forgetOldDays(ctx: VerbContext, model: string, daysMax: number): Promise<void> {
  await sql`
    with old as (
      update compacted_days set forgotten = true where model = ${model} and not forgotten and day in (
        select day from compacted_days where model = ${model} and not forgotten order by day desc offset ${daysMax}
      ) returning day
    )
    delete from compacted_parts where model = ${model} and day in (select day from old)`.execute(ctx.db)
}

/** The first moment of a day and of the next. */
export const boundsOf = (day: string) => ({
  from: new Date(`${day}T00:00:00Z`),
  to: new Date(`${nextDay(day)}T00:00:00Z`),
})

export interface ModelData {
  readonly model: string
  readonly project: string
  readonly dataset: string
  readonly snapshot_id: string
}

/** Names the newest snapshot of a model. */
export async function keepModelData(ctx: VerbContext, data: ModelData): Promise<void> {
  const { model, project, dataset, snapshot_id } = data
  await sql`
    insert into compacted_models (model, project, dataset, snapshot_id, at)
    values (${model}, ${project}, ${dataset}, ${snapshot_id}, ${ctx.clock.now()})
    on conflict (model) do update
    set project = excluded.project, dataset = excluded.dataset, snapshot_id = excluded.snapshot_id, at = excluded.at`.execute(
    ctx.db,
  )
}

/** What is in files of each model, and which days of the log wait. */
export async function readPredictionData(ctx: VerbContext, model: string | undefined): Promise<PredictionData[]> {
  const { rows } = await sql<{
    model: string
    project: string | null
    dataset: string | null
    snapshot_id: string | null
    at: Date | null
    days: number
    rows: string
    first_day: string | null
    last_day: string | null
    waiting_days: number
  }>`
    with done as (
      select model, count(*)::int as days, sum(row_count)::text as rows, min(day)::text as first_day, max(day)::text as last_day
      from compacted_days where not forgotten group by model
    ), waiting as (
      select d.model, count(*) filter (where c.changes is distinct from d.changes and c.forgotten is not true)::int as waiting_days
      from prediction_days d left join compacted_days c on c.model = d.model and c.day = d.day group by d.model
    )
    select model, m.project, m.dataset, s.id as snapshot_id, m.at, coalesce(days, 0) as days, coalesce(rows, '0') as rows, first_day, last_day,
      coalesce(waiting_days, 0) as waiting_days
    from waiting full join done using (model) left join compacted_models m using (model) left join snapshots s on s.id = m.snapshot_id
    where ${model ?? null}::text is null or model = ${model ?? null}
    order by model limit 1000`.execute(ctx.db)
  return rows.map(({ project, dataset, snapshot_id, at, first_day, last_day, rows: count, ...one }) => ({
    ...one,
    rows: Number(count),
    ...(project === null || dataset === null ? {} : { project, dataset }),
    ...(snapshot_id === null ? {} : { snapshot_id }),
    ...(at === null ? {} : { compacted_at: at.toISOString() }),
    ...(first_day === null || last_day === null ? {} : { first_day, last_day }),
  }))
}
