import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../../platform/index.js'

/** A checked point of a logged model. NaN and the infinities are themselves; times are ms since 1970. */
export interface ModelMetricPoint {
  readonly model_id: string
  readonly dataset_name?: string | undefined
  readonly dataset_digest?: string | undefined
  readonly key: string
  readonly value: number
  readonly timestamp: number
  readonly step: number
}

/** NaN is stored as 0 with a mark, and the infinities as the largest doubles, as the metrics of runs are. */
function storedValue(value: number): number {
  if (Number.isNaN(value)) return 0
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

/**
 * Writes points of logged models, in the order of their keys so that writers never wait in a circle; points that are there
 * already are dropped. All or nothing: one statement, which joins the transaction of `ctx` if there is one. A deleted model
 * takes points too. Throws `logged_model_not_found`.
 */
export async function writeModelMetrics(
  ctx: VerbContext,
  run: { readonly run_id: string; readonly experiment_id: string },
  points: readonly ModelMetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  const { rows } = await sql<{ model_id: string }>`
    with given as materialized (
      select * from unnest(
        ${points.map(({ model_id }) => model_id)}::text[], ${points.map(({ key }) => key)}::text[],
        ${points.map(({ timestamp }) => timestamp)}::bigint[], ${points.map(({ step }) => step)}::bigint[],
        ${points.map(({ value }) => storedValue(value))}::float8[],
        ${points.map(({ value }) => Number.isNaN(value))}::boolean[],
        ${points.map(({ dataset_name }) => dataset_name ?? '')}::text[],
        ${points.map(({ dataset_digest }) => dataset_digest ?? '')}::text[]
      ) as g (model_id, key, timestamp_ms, step, value, is_nan, dataset_name, dataset_digest)
    ), missing as materialized (
      select distinct model_id from given where not exists (select from logged_models l where l.id = given.model_id)
    ), written as (
      insert into logged_model_metrics
        (model_id, key, timestamp_ms, step, run_id, value, is_nan, dataset_name, dataset_digest)
      select model_id, key, timestamp_ms, step, ${run.run_id}, value, is_nan, dataset_name, dataset_digest
      from given where not exists (select from missing)
      order by model_id, key, timestamp_ms, step, value
      on conflict do nothing
    )
    select model_id from missing order by model_id limit 1
  `.execute(ctx.db)
  if (rows[0] !== undefined) throw new FabriqueError('logged_model_not_found', { model: rows[0].model_id })
}
