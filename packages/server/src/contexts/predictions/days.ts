import { sql } from 'kysely'
import { inTransaction, type VerbContext } from '../../platform/index.js'

const dayMs = 86_400_000
const tables = ['predictions', 'prediction_feedback'] as const

/** The rows of a statement are of one day, nearly always. */
let newest = { number: Number.NaN, day: '' }

/** The day of a moment, in UTC: `2026-11-22`. */
export function dayOf(at: Date): string {
  const number = Math.floor(at.getTime() / dayMs)
  if (number !== newest.number) newest = { number, day: at.toISOString().slice(0, 10) }
  return newest.day
}

/** The day after. */
export const nextDay = (day: string) => dayOf(new Date(Date.parse(day) + dayMs))
const partitionOf = (table: string, day: string) => `${table}_${day.replaceAll('-', '')}`

/** Makes the partitions of the days of some moments, where they are not there yet. `known` keeps what was seen. */
export async function makeDays(ctx: VerbContext, moments: readonly Date[], known: Set<string>): Promise<void> {
  const missing = [...new Set(moments.map(dayOf))].filter((day) => !known.has(day))
  for (const day of missing) {
    await inTransaction(ctx, async ({ db }) => {
      await lockDays({ db })
      for (const table of tables) {
        await sql`create table if not exists ${sql.table(partitionOf(table, day))} partition of ${sql.table(table)}
          for values from (${sql.lit(`${day}T00:00:00Z`)}) to (${sql.lit(`${nextDay(day)}T00:00:00Z`)})`.execute(db)
      }
    })
    known.add(day)
  }
}

const lockDays = async ({ db }: Pick<VerbContext, 'db'>) => {
  await sql`select pg_advisory_xact_lock(hashtext('predictions.days'))`.execute(db)
}

interface Changed {
  readonly model: string
  readonly at: Date
}

/** The days and models of some rows as two lists, each pair once, in one order from every caller, so that no two wait for each other. */
export function changedDays(rows: readonly Changed[]): { readonly days: string[]; readonly models: string[] } {
  const pairs = [...new Set(rows.map(({ model, at }) => `${dayOf(at)} ${model}`))].sort()
  return { days: pairs.map((pair) => pair.slice(0, 10)), models: pairs.map((pair) => pair.slice(11)) }
}

interface Dropped {
  readonly days: readonly string[]
  /** Those that are over, and stay since they are not all in files. */
  readonly kept: readonly string[]
}

/** Drops the days that ended before a moment; where they are `compacted`, only those of which all is in files. */
export async function dropDays(ctx: VerbContext, before: Date, compacted: boolean): Promise<Dropped> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'predictions'::regclass`.execute(ctx.db)
  const days = rows.flatMap(({ name }) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
    return year === undefined ? [] : [`${year}-${month}-${day}`]
  })
  const over = days.filter((day) => Date.parse(day) + dayMs <= before.getTime()).sort()
  const kept: string[] = []
  for (const day of over) {
    const isDropped = await inTransaction(ctx, async (inner) => {
      if (compacted && !(await isCompacted(inner, day))) return false
      for (const table of tables)
        await sql`drop table if exists ${sql.table(partitionOf(table, day))}`.execute(inner.db)
      await sql`delete from prediction_days where day = ${day}`.execute(inner.db)
      await sql`delete from compacted_days where day = ${day} and forgotten`.execute(inner.db)
      return true
    })
    if (!isDropped) kept.push(day)
  }
  return { days: over.filter((day) => !kept.includes(day)), kept }
}

/** Whether all of a day is in files. Nothing is written of it until the end of the transaction. */
async function isCompacted({ db }: VerbContext, day: string): Promise<boolean> {
  const { rows } = await sql<{ changes: string; compacted: string | null }>`
    select d.changes, (
      select case when c.forgotten then d.changes else c.changes end from compacted_days c where c.model = d.model and c.day = d.day
    ) as compacted
    from prediction_days d where d.day = ${day} for update of d`.execute(db)
  return rows.every(({ changes, compacted }) => changes === compacted)
}
