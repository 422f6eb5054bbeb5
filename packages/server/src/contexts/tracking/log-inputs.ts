import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { checkCount, checkLength } from './checks.js'
import { writeRunModels } from './logged-models/log-outputs.js'
import { linkInputs } from './run-lineage.js'
import { lockActiveRun, runChanged } from './run-store.js'
import { LogInputs } from './schema.js'

type Input = LogInputs['datasets'][number]

/**
 * Tells which data sets and logged models a run read. A data set is known by its name and digest within an experiment; one that the run has
 * already stays as it is. Throws `run_not_found`, `run_not_active`, `logged_model_not_found`.
 */
export const logInputs = changeVerb({
  name: 'tracking.log_inputs',
  permission: 'runs.write',
  input: LogInputs,
  async run({ ctx, input, record, unchanged }): Promise<void> {
    checkCount('datasets', input.datasets.length, limit('mlflow.inputs_max'))
    checkCount('models', input.models.length, limit('mlflow.inputs_max'))
    for (const one of input.datasets) checkInput(one)
    const unique = [...new Map(input.datasets.map((one) => [datasetKey(one), one])).values()]
    const rows = unique.sort((left, right) => (datasetKey(left) < datasetKey(right) ? -1 : 1)).map(toRow)
    const { experiment_id } = await lockActiveRun(ctx, input.run_id)
    const { numAffectedRows } = await sql`
      with given as (
        select * from json_to_recordset(${JSON.stringify(rows)}::json)
          as g (name text, digest text, source_type text, source text, schema text, profile text, tags jsonb)
      ), known as (
        insert into tracked_datasets (experiment_id, name, digest, source_type, source, schema, profile)
        select ${experiment_id}::bigint, name, digest, source_type, source, schema, profile from given
        on conflict (experiment_id, name, digest) do update set name = excluded.name
        returning id, name, digest
      )
      insert into run_inputs (run_id, dataset_id, tags)
      select ${input.run_id}, known.id, given.tags from known join given using (name, digest)
      on conflict (run_id, dataset_id) do nothing
    `.execute(ctx.db)
    const models = await writeRunModels(ctx, { run_id: input.run_id, role: 'input' }, input.models)
    const added = Number(numAffectedRows ?? 0) + models
    if (added === 0) unchanged()
    else {
      await linkInputs(ctx, input.run_id, unique)
      await record(runChanged(input.run_id, experiment_id, `${added} inputs`))
    }
  },
})

function datasetKey({ dataset }: Input): string {
  return JSON.stringify([dataset.name, dataset.digest])
}

function toRow({ dataset, tags }: Input) {
  return { ...dataset, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }
}

function checkInput({ dataset, tags }: Input): void {
  checkLength('name', dataset.name, limit('mlflow.dataset_name_chars_max'))
  checkLength('digest', dataset.digest, limit('mlflow.dataset_digest_chars_max'))
  checkLength('source_type', dataset.source_type, limit('mlflow.dataset_digest_chars_max'))
  checkLength('source', dataset.source, limit('mlflow.dataset_source_chars_max'))
  checkLength('schema', dataset.schema ?? '', limit('mlflow.dataset_schema_chars_max'))
  checkLength('profile', dataset.profile ?? '', limit('mlflow.dataset_profile_chars_max'))
  for (const { key, value } of tags) {
    checkLength('key', key, limit('mlflow.input_tag_key_chars_max'))
    checkLength('value', value, limit('mlflow.input_tag_value_chars_max'))
  }
}
