import type { LoggedPrediction } from '@fabrique/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../platform/index.js'

interface StoredRow {
  readonly at: Date
  readonly id: string
  readonly row_number: number
  readonly model: string
  readonly version: string
  readonly variant: string | null
  readonly alias: string | null
  readonly key: string | null
  readonly request_id: string
  readonly actor: string
  readonly inputs: unknown
  readonly features: unknown
  readonly output: unknown
  readonly duration_ms: number
  readonly weight: number
  readonly feedback_at: Date | null
  readonly feedback_actor: string | null
  readonly truth: unknown
  readonly reward: number | null
}

/** Rows of the log with what became known of them, newest first. */
export async function readPredictions(
  ctx: VerbContext,
  where: { readonly conditions: readonly RawBuilder<SqlBool>[]; readonly limit: number },
): Promise<readonly StoredRow[]> {
  const conditions = where.conditions.length === 0 ? sql`true` : sql.join(where.conditions, sql` and `)
  const { rows } = await sql<StoredRow>`
    select p.at, p.id, p.row_number, p.model, p.version, p.variant, p.alias, p.key, p.request_id, p.actor, p.inputs, p.features, p.output,
      p.duration_ms, p.weight, f.at as feedback_at, f.actor as feedback_actor, f.truth, f.reward
    from predictions p
    left join prediction_feedback f on f.predicted_at = p.at and f.prediction_id = p.id and f.row_number = p.row_number
    where ${conditions}
    order by p.at desc, p.id desc, p.row_number desc
    limit ${where.limit}`.execute(ctx.db)
  return rows
}

export function toLogged(row: StoredRow): LoggedPrediction {
  return {
    prediction_id: row.id,
    row: row.row_number,
    at: row.at.toISOString(),
    model: row.model,
    version: row.version,
    ...(row.variant === null ? {} : { variant: row.variant }),
    ...(row.alias === null ? {} : { alias: row.alias }),
    ...(row.key === null ? {} : { key: row.key }),
    request_id: row.request_id,
    actor: row.actor,
    inputs: fromJsonb(row.inputs),
    ...(row.features === null ? {} : { features: fromJsonb(row.features) }),
    output: fromJsonb(row.output),
    duration_ms: row.duration_ms,
    weight: row.weight,
    ...(row.feedback_at === null || row.feedback_actor === null
      ? {}
      : {
          feedback: {
            ...(row.truth === null ? {} : { truth: fromJsonb(row.truth) }),
            ...(row.reward === null ? {} : { reward: row.reward }),
            at: row.feedback_at.toISOString(),
            actor: row.feedback_actor,
          },
        }),
  }
}
