import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { checkedExperimentId, checkLength } from '../checks.js'
import { runArtifactUri } from '../model.js'
import { randomRunName } from '../run-name.js'
import { checkedEntries, checkLoggedModelName } from './checks.js'
import type { LoggedModel } from './model.js'
import { CreateLoggedModel } from './schema.js'
import { loggedModelChanged, selectLoggedModel } from './store.js'

/**
 * Makes a logged model, PENDING until it is finalized; a name is made up where none is given, and names may repeat.
 * Throws `experiment_not_found`, `experiment_not_active`, `logged_model_name_invalid`.
 */
export const createLoggedModel = changeVerb({
  name: 'tracking.create_logged_model',
  permission: 'runs.write',
  input: CreateLoggedModel,
  async run({ ctx, input, record }): Promise<LoggedModel> {
    const name = input.name ? input.name : randomRunName(ctx.ids.hex32())
    checkLoggedModelName(name)
    checkLength('model_type', input.model_type, limit('mlflow.experiment_name_chars_max'))
    checkLength('source_run_id', input.source_run_id, limit('mlflow.key_chars_max'))
    const params = checkedEntries(input.params, 'params')
    const tags = checkedEntries(input.tags, 'tags')
    const location = await shareExperiment(ctx, input.experiment_id)
    const id = `m-${ctx.ids.hex32()}`
    const now = ctx.clock.now().getTime()
    await sql`
      with made as (
        insert into logged_models
          (id, experiment_id, name, model_type, source_run_id, artifact_uri, created_ms, updated_ms)
        values (${id}, ${input.experiment_id}::bigint, ${name}, ${input.model_type}, ${input.source_run_id},
          ${runArtifactUri(location, `models/${id}`)}, ${now}, ${now})
      ), tagged as (
        insert into logged_model_tags (model_id, key, value)
        select ${id}, key, value from unnest(${[...tags.keys()]}::text[], ${[...tags.values()]}::text[]) as t (key, value)
      )
      insert into logged_model_params (model_id, key, value)
      select ${id}, key, value from unnest(${[...params.keys()]}::text[], ${[...params.values()]}::text[]) as p (key, value)
    `.execute(ctx.db)
    const model = await selectLoggedModel(ctx, id)
    await record(loggedModelChanged(id, model.experiment_id, 'created'))
    return model
  },
})

/** Where the artifacts of an active experiment go; held so that it cannot be deleted while a model is added. */
async function shareExperiment(ctx: VerbContext, id: string): Promise<string> {
  const { rows } = await sql<{ location: string; stage: string }>`
    select artifact_location as location, lifecycle_stage as stage from experiments
    where id = ${checkedExperimentId(id)}::bigint for share
  `.execute(ctx.db)
  const found = rows[0]
  if (found === undefined) throw new FabriqueError('experiment_not_found', { experiment: id })
  if (found.stage !== 'active') throw new FabriqueError('experiment_not_active', { experiment: id })
  return found.location
}
