import { sql } from 'kysely'
import type { VerbContext } from '../../../platform/index.js'
import { boundsOf } from './store.js'

/** A row of the log with what became known of it, as it is read: texts, JSON among them. */
export interface RawRow {
  readonly at: string
  readonly id: string
  readonly row_number: string
  readonly request_id: string
  readonly version: string
  readonly alias: string | null
  readonly variant: string | null
  readonly key: string | null
  readonly inputs: string
  /** Of features that were looked up: `{name: [value, age in seconds]}`. */
  readonly looked: string | null
  readonly output: string
  readonly truth: string | null
  readonly feedback_at: string | null
  readonly reward: string | null
  readonly duration_ms: string
  readonly weight: string
}

/** Characters of one page of rows that are aimed at. */
const pageChars = 8 * 1024 * 1024
const pageRowsMax = 10_000

/** The rows of a model and a day in the order of their ids, page by page: each row once, also where more are written meanwhile. */
export function readDay(
  ctx: VerbContext,
  { model, day }: { readonly model: string; readonly day: string },
): AsyncIterable<readonly RawRow[]> {
  return readSpan(ctx, { model, ...boundsOf(day) })
}

export interface LogSpan {
  readonly model: string
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
  /** One version only; all without. */
  readonly version?: string | undefined
  /** One row in so many, chosen by a hash of its id: the same ones each time; all without. */
  readonly oneIn?: number | undefined
}

/** The same of any span of time. */
export async function* readSpan(
  ctx: VerbContext,
  { model, from, to, version, oneIn = 1 }: LogSpan,
): AsyncIterable<readonly RawRow[]> {
  const ofVersion = version === undefined ? sql`` : sql`and p.version = ${version}`
  const some = oneIn <= 1 ? sql`` : sql`and abs(hashtext(p.id || '/' || p.row_number) % ${oneIn}) = 0`
  let after = { at: from.toISOString().slice(0, -1).replace('T', ' '), id: '', row: -1 }
  let count = 200
  for (;;) {
    ctx.signal?.throwIfAborted()
    const afterAt = sql`(${after.at}::timestamp at time zone 'UTC')`
    const { rows } = await sql<RawRow>`
      select (p.at at time zone 'UTC')::text as at, p.id, p.row_number::text, p.request_id, p.version, p.alias, p.variant, p.key,
        p.inputs::text, l.looked, p.output::text, f.truth, f.feedback_at, f.reward, p.duration_ms::float8::text, p.weight::float8::text
      from predictions p
      left join lateral (
        select json_object_agg(e ->> 'name', json_build_array(e -> 'value', e -> 'age_seconds'))::text as looked
        from json_array_elements(p.features) e
      ) l on p.features is not null
      left join lateral (
        select truth #>> '{}' as truth, (at at time zone 'UTC')::text as feedback_at, reward::text
        from prediction_feedback
        where predicted_at = p.at and prediction_id = p.id and row_number = p.row_number
          and predicted_at >= ${from} and predicted_at < ${to}
        limit 1
      ) f on true
      where p.model = ${model} and p.at >= ${afterAt} and p.at < ${to}
        and (p.at, p.id, p.row_number) > (${afterAt}, ${after.id}, ${after.row}) ${ofVersion} ${some}
      order by p.at, p.id, p.row_number
      limit ${count}`.execute(ctx.db)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < count) return
    after = { at: last.at, id: last.id, row: Number(last.row_number) }
    let chars = 1
    for (const { inputs, looked, output, truth } of rows) {
      chars += 100 + inputs.length + output.length + (looked?.length ?? 0) + (truth?.length ?? 0)
    }
    // So many rows as make a page: rows may be a few bytes or a megabyte.
    count = Math.max(1, Math.min(pageRowsMax, count * 4, Math.floor((pageChars / chars) * rows.length)))
  }
}
