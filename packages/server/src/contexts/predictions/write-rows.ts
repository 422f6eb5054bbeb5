import { CompiledQuery } from 'kysely'
import pg from 'pg'
import { prepared, type VerbContext } from '../../platform/index.js'
import { changedDays, makeDays } from './days.js'
import type { LogRow } from './model.js'

const jsonOf = (value: unknown) => heldText(JSON.stringify(value))

/** Texts that the database cannot hold are no reason to lose the row, nor those beside it. */
function heldText(text: string): string {
  return text.includes('\\u') ? text.replace(/\\u0000|\\ud[89a-f][0-9a-f]{2}/gi, '\\ufffd') : text
}

/**
 * Few answer in one statement, so rows name them by their place. Ids, inputs and answers come as texts of lines, which JSON has no ends of: as lists,
 * the driver would look for quotes in each and the database for their ends. A list that is null is no column at all.
 */
const writeStatement = prepared(
  `with written as (
    insert into predictions
      (at, id, row_number, model, version, alias, variant, key, request_id, actor, inputs, features, output, duration_ms, weight)
    select $1::timestamptz + rows.ms * interval '1 ms', id, row_number, model, version, alias, variant, key, request_id, actor, inputs::json,
      nullif(features, 'null')::json, output::json, duration_ms, weight
    from unnest(
      $2::bigint[], string_to_array($3, e'\\n'), $4::int[], $5::int[], $6::text[], $7::text[], string_to_array($8, e'\\n'),
      string_to_array($9, e'\\n'), string_to_array($10, e'\\n'), $11::real[], $12::real[]
    ) as rows (ms, id, row_number, place, key, request_id, inputs, features, output, duration_ms, weight)
    join unnest($13::text[], $14::text[], $15::text[], $16::text[], $17::text[]) with ordinality
      as answerers (model, version, alias, variant, actor, place) on answerers.place = rows.place
    on conflict do nothing
  )
  insert into prediction_days (day, model, changes)
  select day, model, 1 from unnest($18::date[], $19::text[]) as changed (day, model)
  on conflict (day, model) do update set changes = prediction_days.changes + 1`,
)

/** Writes rows in one statement, which also tells that their days have changed. */
export async function writeRows(ctx: VerbContext, rows: readonly LogRow[], knownDays: Set<string>): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  await makeDays(
    ctx,
    rows.map(({ at }) => at),
    knownDays,
  )
  const texts = (read: (row: LogRow) => string | undefined) => {
    const values = rows.map(read)
    return values.every((value) => value === undefined) ? null : values.map((value) => value ?? null)
  }
  const lines = (read: (row: LogRow) => string) => rows.map(read).join('\n')
  const numbers = (read: (row: LogRow) => number) => `{${rows.map(read).join()}}`
  const startMs = first.at.getTime()
  const { places, answerers } = placesOf(rows)
  const { days, models } = changedDays(rows)
  const values = [
    first.at,
    numbers(({ at }) => at.getTime() - startMs),
    lines(({ id }) => id),
    numbers(({ row }) => row),
    `{${places.join()}}`,
    texts(({ key }) => key?.replaceAll('\u0000', '\ufffd')),
    texts(({ requestId }) => requestId),
    lines(({ inputs }) => heldText(inputs)),
    rows.every(({ features }) => features === undefined)
      ? null
      : lines(({ features }) => (features === undefined ? 'null' : jsonOf(features))),
    lines(({ output }) => jsonOf(output)),
    numbers(({ durationMs }) => durationMs),
    numbers(({ weight }) => weight),
    answerers.map(({ model }) => model),
    answerers.map(({ version }) => version),
    answerers.map(({ alias }) => alias ?? null),
    answerers.map(({ variant }) => variant ?? null),
    answerers.map(({ actor }) => actor),
    days,
    models,
  ]
  await ctx.db.executeQuery(CompiledQuery.raw(writeStatement, values))
}

/** Who answered whom: each once, and of each row its place among them, counted from 1. */
function placesOf(rows: readonly LogRow[]) {
  const answerers: LogRow[] = []
  const known = new Map<string, number>()
  let newest: LogRow | undefined
  let place = 0
  const places = rows.map((row) => {
    if (newest !== undefined && isSameAnswerer(newest, row)) return place
    newest = row
    const { model, version, alias, variant, actor } = row
    const name = JSON.stringify([model, version, alias ?? null, variant ?? null, actor])
    place = known.get(name) ?? answerers.push(row)
    known.set(name, place)
    return place
  })
  return { places, answerers }
}

function isSameAnswerer(one: LogRow, other: LogRow): boolean {
  const isSameVersion = one.model === other.model && one.version === other.version
  return isSameVersion && one.alias === other.alias && one.variant === other.variant && one.actor === other.actor
}

/**
 * Whether a statement failed by what its rows hold, and would fail again: a value out of its range, or too long for an index; more than is
 * written within the time of a statement, or than a message or a text takes.
 */
export function isRefusedRow(error: unknown): boolean {
  if (error instanceof RangeError) return true
  return error instanceof pg.DatabaseError && /^(22|54|57014|08P01)/.test(error.code ?? '')
}
