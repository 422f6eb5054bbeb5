import { sql } from 'kysely'
import pg from 'pg'
import type { VerbContext } from '../../platform/index.js'
import { changedDays, makeDays } from './days.js'
import type { LogRow } from './model.js'

const jsonOf = (value: unknown) => heldText(JSON.stringify(value))

/** Texts that the database cannot hold are no reason to lose the row, nor those beside it. */
function heldText(text: string): string {
  return text.includes('\\u') ? text.replace(/\\u0000|\\ud[89a-f][0-9a-f]{2}/gi, '\\ufffd') : text
}

/** Writes rows in one statement, which also tells that their days have changed. */
export async function writeRows(ctx: VerbContext, rows: readonly LogRow[], knownDays: Set<string>): Promise<void> {
  if (rows.length === 0) return
  await makeDays(
    ctx,
    rows.map(({ at }) => at),
    knownDays,
  )
  const column = <Value>(read: (row: LogRow) => Value) => sql.val(rows.map(read))
  // JSON has no line ends. As a list, the driver would look for quotes in each of these texts and the database for their ends.
  const lines = (read: (row: LogRow) => string) => sql`string_to_array(${rows.map(read).join('\n')}, e'\\n')`
  const { days, models } = changedDays(rows)
  await sql`
    with written as (
    insert into predictions
      (at, id, row_number, model, version, alias, variant, key, request_id, actor, inputs, features, output, duration_ms, weight)
    select at, id, row_number, model, version, alias, variant, key, request_id, actor, inputs::json, nullif(features, 'null')::json, output::json,
      duration_ms, weight
    from unnest(
      ${column(({ at }) => at)}::timestamptz[], ${column(({ id }) => id)}::text[], ${column(({ row }) => row)}::int[],
      ${column(({ model }) => model)}::text[], ${column(({ version }) => version)}::text[],
      ${column(({ alias }) => alias ?? null)}::text[],
      ${column(({ variant }) => variant ?? null)}::text[], ${column(({ key }) => key?.replaceAll('\u0000', '\ufffd') ?? null)}::text[],
      ${column(({ requestId }) => requestId)}::text[], ${column(({ actor }) => actor)}::text[],
      ${lines(({ inputs }) => heldText(inputs))}, ${lines(({ features }) => (features === undefined ? 'null' : jsonOf(features)))},
      ${lines(({ output }) => jsonOf(output))}, ${column(({ durationMs }) => durationMs)}::real[],
      ${column(({ weight }) => weight)}::real[]
    ) as rows
      (at, id, row_number, model, version, alias, variant, key, request_id, actor, inputs, features, output, duration_ms, weight)
    on conflict do nothing
    )
    insert into prediction_days (day, model, changes)
    select day, model, 1 from unnest(${days}::date[], ${models}::text[]) as changed (day, model)
    on conflict (day, model) do update set changes = prediction_days.changes + 1`.execute(ctx.db)
}

/**
 * Whether a statement failed by what its rows hold, and would fail again: a value out of its range, or too long for an index; more than is
 * written within the time of a statement, or than a message or a text takes.
 */
export function isRefusedRow(error: unknown): boolean {
  if (error instanceof RangeError) return true
  return error instanceof pg.DatabaseError && /^(22|54|57014|08P01)/.test(error.code ?? '')
}
