import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import type { LifecycleStage, Tag, WireDouble } from '../model.js'
import type { LoggedModel, LoggedModelMetric, LoggedModelStatus } from './model.js'

type MetricRow = [
  key: string,
  value: WireDouble,
  timestamp: number,
  step: number,
  run_id: string,
  dataset_name: string,
  dataset_digest: string,
]

interface ModelRow {
  readonly id: string
  readonly experiment_id: string
  readonly name: string
  readonly model_type: string
  readonly source_run_id: string
  readonly artifact_uri: string
  readonly status: LoggedModelStatus
  readonly created_ms: number
  readonly updated_ms: number
  readonly lifecycle_stage: LifecycleStage
  readonly tags: readonly Tag[] | null
  readonly params: readonly Tag[] | null
  readonly metrics: readonly MetricRow[] | null
}

/** The newest points of each key, run and data set come first where a history is too long to show. */
const metricsOfModel = sql`
  (select json_agg(json_build_array(key, case when is_nan then to_json('NaN'::text) else to_json(value) end,
     timestamp_ms, step, run_id, dataset_name, dataset_digest) order by key, timestamp_ms, step, run_id)
   from (
     select * from (
       select *, row_number() over (partition by key, run_id, dataset_hash order by timestamp_ms desc, step desc) as age
       from logged_model_metrics where model_id = m.id
     ) aged order by age limit ${limit('mlflow.logged_model_points_shown_max')}
   ) shown)`

/** Logged models with all that belongs to them. `page` is a query of rows of `logged_models` with their `position`. */
export async function selectLoggedModels(ctx: VerbContext, page: RawBuilder<unknown>): Promise<readonly LoggedModel[]> {
  const { rows } = await sql<ModelRow>`
    with page as (${page})
    select m.id, m.experiment_id::text as experiment_id, m.name, m.model_type, m.source_run_id, m.artifact_uri, m.status,
      m.created_ms, m.updated_ms, m.lifecycle_stage, ${metricsOfModel} as metrics,
      (select json_agg(json_build_object('key', key, 'value', value) order by key)
       from logged_model_tags where model_id = m.id) as tags,
      (select json_agg(json_build_object('key', key, 'value', value) order by key)
       from logged_model_params where model_id = m.id) as params
    from page m order by m.position
  `.execute(ctx.db)
  return rows.map(({ id, ...row }) => ({
    ...row,
    model_id: id,
    tags: row.tags ?? [],
    params: row.params ?? [],
    metrics: (row.metrics ?? []).map((metric) => toMetric(id, metric)),
  }))
}

function toMetric(
  modelId: string,
  [key, value, timestamp, step, run_id, dataset_name, dataset_digest]: MetricRow,
): LoggedModelMetric {
  return {
    key,
    value,
    timestamp,
    step,
    model_id: modelId,
    run_id,
    ...(dataset_name === '' ? {} : { dataset_name }),
    ...(dataset_digest === '' ? {} : { dataset_digest }),
  }
}

/** The logged model of an id, deleted ones too. Throws `logged_model_not_found`. */
export async function selectLoggedModel(ctx: VerbContext, id: string): Promise<LoggedModel> {
  const [found] = await selectLoggedModels(ctx, sql`select *, 1 as position from logged_models where id = ${id}`)
  if (found === undefined) throw new FabriqueError('logged_model_not_found', { model: id })
  return found
}

export interface LoggedModelState {
  readonly experiment_id: string
  readonly status: LoggedModelStatus
  readonly lifecycle_stage: LifecycleStage
}

/** Locks a logged model for a change, a deleted one too. Throws `logged_model_not_found`. */
export async function lockLoggedModel(ctx: VerbContext, id: string): Promise<LoggedModelState> {
  const { rows } = await sql<LoggedModelState>`
    select experiment_id::text as experiment_id, status, lifecycle_stage from logged_models where id = ${id}
    for no key update
  `.execute(ctx.db)
  if (rows[0] === undefined) throw new FabriqueError('logged_model_not_found', { model: id })
  return rows[0]
}

/** What is told of a change of a logged model. */
export function loggedModelChanged(modelId: string, experimentId: string, change: string) {
  return {
    subject: `logged-models/${modelId}`,
    event: 'logged_model.changed',
    payload: { model_id: modelId, experiment_id: experimentId, change },
  } as const
}
