import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../../platform/index.js'
import type { ModelInput, ModelOutput } from './model.js'

/** The columns that `runModelColumns` adds to a row; null where a run has none. */
export interface RunModelColumns {
  readonly model_inputs: readonly ModelInput[] | null
  readonly model_outputs: readonly ModelOutput[] | null
}

/**
 * Two columns of a query of runs, `model_inputs` and `model_outputs`: the logged models that the run of this id took in and
 * made, in the order they were told. Models that were deleted are named too, as the run did make them.
 */
export function runModelColumns(runId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    (select json_agg(json_build_object('model_id', rm.model_id) order by rm.position)
     from run_models rm where rm.run_id = ${runId} and rm.role = 'input') as model_inputs,
    (select json_agg(json_build_object('model_id', rm.model_id, 'step', rm.step) order by rm.position)
     from run_models rm where rm.run_id = ${runId} and rm.role = 'output') as model_outputs`
}

/** The same columns as texts, of all runs of these ids at once, to be joined by `run_id`. */
export function modelTextsOf(runIds: readonly string[]): RawBuilder<unknown> {
  return sql`(
    select run_id,
      (json_agg(json_build_object('model_id', model_id) order by position) filter (where role = 'input'))::text as model_inputs,
      (json_agg(json_build_object('model_id', model_id, 'step', step) order by position)
        filter (where role = 'output'))::text as model_outputs
    from run_models where run_id = any(${[...runIds]}::text[]) group by run_id)`
}

/** The logged models that runs made, by run; deleted ones are left out, and so are runs without. */
export async function loggedModelsOfRuns(
  ctx: VerbContext,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly { readonly id: string; readonly name: string }[]>> {
  if (runIds.length === 0) return new Map()
  const { rows } = await sql<{ run_id: string; models: { id: string; name: string }[] }>`
    select run_id, json_agg(json_build_object('id', id, 'name', name) order by first) as models from (
      select rm.run_id, l.id, l.name, min(rm.position) as first
      from run_models rm join logged_models l on l.id = rm.model_id
      where rm.run_id = any(${[...runIds]}::text[]) and rm.role = 'output' and l.lifecycle_stage = 'active'
      group by 1, 2, 3
    ) made group by run_id
  `.execute(ctx.db)
  return new Map(rows.map(({ run_id, models }) => [run_id, models]))
}
