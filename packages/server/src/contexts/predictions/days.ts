import { sql } from 'kysely'
import { inTransaction, type VerbContext } from '../../platform/index.js'

const dayMs = 86_400_000
const tables = ['predictions', 'prediction_feedback'] as const

const textOf = (at: Date) => at.toISOString().slice(0, 10)
const partitionOf = (table: string, day: string) => `${table}_${day.replaceAll('-', '')}`

/** Makes the partitions of the days of some moments, where they are not there yet. `known` keeps what was seen. */
export async function makeDays(ctx: VerbContext, moments: readonly Date[], known: Set<string>): Promise<void> {
  const missing = [...new Set(moments.map(textOf))].filter((day) => !known.has(day))
  for (const day of missing) {
    const next = textOf(new Date(Date.parse(day) + dayMs))
    await inTransaction(ctx, async ({ db }) => {
      await sql`select pg_advisory_xact_lock(hashtext('predictions.days'))`.execute(db)
      for (const table of tables) {
        await sql`create table if not exists ${sql.table(partitionOf(table, day))} partition of ${sql.table(table)}
          for values from (${sql.lit(`${day}T00:00:00Z`)}) to (${sql.lit(`${next}T00:00:00Z`)})`.execute(db)
      }
    })
    known.add(day)
  }
}

/** Drops the days that ended before a moment. Returns them. */
export async function dropDays(ctx: VerbContext, before: Date): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'predictions'::regclass`.execute(ctx.db)
  const days = rows.flatMap(({ name }) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
    return year === undefined ? [] : [`${year}-${month}-${day}`]
  })
  const over = days.filter((day) => Date.parse(day) + dayMs <= before.getTime()).sort()
  for (const day of over) {
    await inTransaction(ctx, async ({ db }) => {
      for (const table of tables) await sql`drop table if exists ${sql.table(partitionOf(table, day))}`.execute(db)
    })
  }
  return over
}
