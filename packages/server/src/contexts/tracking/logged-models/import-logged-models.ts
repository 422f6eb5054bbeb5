import { type ImportedLoggedModel, ImportedLoggedModel as Schema } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb } from '../../../platform/index.js'
import { invalidValue } from '../../../platform/mlflow/index.js'
import { checkedExperimentId } from '../checks.js'
import { runsImported } from '../runs-imported.js'

export interface BroughtLoggedModel {
  readonly model_id: string
  readonly artifact_uri: string
  readonly is_new: boolean
}

/** Brings logged models of another server under their own ids; one that is here already stays as it is. */
export const importLoggedModels = changeVerb({
  name: 'tracking.import_logged_models',
  permission: 'runs.write',
  input: z.object({ items: z.array(Schema) }),
  async run({ ctx, input, record, unchanged }): Promise<readonly BroughtLoggedModel[]> {
    const rows = input.items.map(toRow).sort((left, right) => (left.id < right.id ? -1 : 1))
    const { rows: made } = await sql<{ id: string }>`
      with given as (
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as g (id text, experiment_id bigint, name text,
          model_type text, source_run_id text, artifact_uri text, status text, created_ms bigint, updated_ms bigint,
          lifecycle_stage text, params json, tags json, metrics json)
      ), made as (
        insert into logged_models (id, experiment_id, name, model_type, source_run_id, artifact_uri, status, created_ms,
          updated_ms, lifecycle_stage, deleted_ms)
        select g.id, e.id, g.name, g.model_type, g.source_run_id,
          coalesce(g.artifact_uri, e.artifact_location || '/models/' || g.id || '/artifacts'), g.status, g.created_ms,
          g.updated_ms, g.lifecycle_stage, case when g.lifecycle_stage = 'deleted' then g.updated_ms end
        from given g join experiments e on e.id = g.experiment_id
        on conflict (id) do nothing
        returning id
      ), new_params as (
        insert into logged_model_params (model_id, key, value)
        select m.id, p.key, p.value from made m join given g using (id), json_to_recordset(g.params) as p (key text, value text)
      ), new_tags as (
        insert into logged_model_tags (model_id, key, value)
        select m.id, t.key, t.value from made m join given g using (id), json_to_recordset(g.tags) as t (key text, value text)
      ), new_metrics as (
        insert into logged_model_metrics (model_id, key, timestamp_ms, step, run_id, value, is_nan, dataset_name, dataset_digest)
        select m.id, p.key, p.timestamp, p.step, p.run_id, p.value, p.is_nan, p.dataset_name, p.dataset_digest
        from made m join given g using (id), json_to_recordset(g.metrics) as p (key text, timestamp bigint, step bigint,
          run_id text, value float8, is_nan boolean, dataset_name text, dataset_digest text)
        on conflict do nothing
      )
      select id from made
    `.execute(ctx.db)
    const news = new Set(made.map(({ id }) => id))
    if (news.size === 0) unchanged()
    else await record(runsImported({ models: news.size }))
    const { rows: found } = await sql<{ model_id: string; artifact_uri: string }>`
      select id as model_id, artifact_uri from logged_models where id = any(${rows.map(({ id }) => id)}::text[])
    `.execute(ctx.db)
    return found.map((model) => ({ ...model, is_new: news.has(model.model_id) }))
  },
})

const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }))

function toRow(model: ImportedLoggedModel) {
  if (!/^m-[0-9a-f]{32}$/.test(model.model_id)) {
    throw invalidValue('model_id', model.model_id, 'it must be m- and 32 hex digits')
  }
  return {
    id: model.model_id,
    experiment_id: checkedExperimentId(model.experiment_id),
    name: model.name,
    model_type: model.model_type,
    source_run_id: model.source_run_id,
    artifact_uri: model.artifact_uri ?? null,
    status: model.status,
    created_ms: model.creation_time,
    updated_ms: model.last_update_time,
    lifecycle_stage: model.lifecycle_stage,
    params: pairs(model.params),
    tags: pairs(model.tags),
    metrics: model.metrics.map(({ value, ...metric }) => ({
      ...metric,
      value: value === 'NaN' ? 0 : value,
      is_nan: value === 'NaN',
    })),
  }
}
