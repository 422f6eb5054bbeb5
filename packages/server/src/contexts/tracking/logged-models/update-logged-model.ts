import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { changeVerb } from '../../../platform/index.js'
import { checkedEntries } from './checks.js'
import type { LoggedModel } from './model.js'
import { DeleteModelTag, FinalizeLoggedModel, LogModelParams, SetModelTags } from './schema.js'
import { lockLoggedModel, loggedModelChanged, selectLoggedModel } from './store.js'

/** Says that the files of a logged model are there, or that they never will be. Throws `logged_model_not_found`. */
export const finalizeLoggedModel = changeVerb({
  name: 'tracking.finalize_logged_model',
  permission: 'runs.write',
  input: FinalizeLoggedModel,
  async run({ ctx, input, record, unchanged }): Promise<LoggedModel> {
    const { model_id, status } = input
    const before = await lockLoggedModel(ctx, model_id)
    if (before.status === status) unchanged()
    else {
      const now = ctx.clock.now().getTime()
      await sql`update logged_models set status = ${status}, updated_ms = ${now} where id = ${model_id}`.execute(ctx.db)
      await record(loggedModelChanged(model_id, before.experiment_id, `status ${status}`))
    }
    return selectLoggedModel(ctx, model_id)
  },
})

/** Adds parameters; the same value again is fine, another throws `logged_model_param_immutable`. */
export const logLoggedModelParams = changeVerb({
  name: 'tracking.log_logged_model_params',
  permission: 'runs.write',
  input: LogModelParams,
  async run({ ctx, input: { model_id, params }, record, unchanged }): Promise<void> {
    const given = checkedEntries(params, 'params')
    const { experiment_id } = await lockLoggedModel(ctx, model_id)
    const { rows } = await sql<{ key: string; value: string }>`
      select key, value from logged_model_params where model_id = ${model_id} and key = any(${[...given.keys()]}::text[])
    `.execute(ctx.db)
    for (const { key, value } of rows) {
      const attempted = given.get(key) ?? value
      if (attempted === value) continue
      throw new FabriqueError('logged_model_param_immutable', {
        key,
        model: model_id,
        old_value: value,
        new_value: attempted,
      })
    }
    if (rows.length === given.size) {
      unchanged()
      return
    }
    await sql`
      insert into logged_model_params (model_id, key, value)
      select ${model_id}, key, value from unnest(${[...given.keys()]}::text[], ${[...given.values()]}::text[]) as p (key, value)
      on conflict do nothing
    `.execute(ctx.db)
    await record(loggedModelChanged(model_id, experiment_id, `${given.size - rows.length} params`))
  },
})

/** Sets tags of a logged model. Throws `logged_model_not_found`. */
export const setLoggedModelTags = changeVerb({
  name: 'tracking.set_logged_model_tags',
  permission: 'runs.write',
  input: SetModelTags,
  async run({ ctx, input: { model_id, tags }, record, unchanged }): Promise<LoggedModel> {
    const given = checkedEntries(tags, 'tags')
    const { experiment_id } = await lockLoggedModel(ctx, model_id)
    const { numAffectedRows } = await sql`
      insert into logged_model_tags as t (model_id, key, value)
      select ${model_id}, key, value from unnest(${[...given.keys()]}::text[], ${[...given.values()]}::text[]) as g (key, value)
      on conflict (model_id, key) do update set value = excluded.value where t.value <> excluded.value
    `.execute(ctx.db)
    const changed = Number(numAffectedRows ?? 0)
    if (changed === 0) unchanged()
    else await record(loggedModelChanged(model_id, experiment_id, `${changed} tags`))
    return selectLoggedModel(ctx, model_id)
  },
})

/** Removes a tag of a logged model. Throws `logged_model_not_found`, `logged_model_tag_not_found`. */
export const deleteLoggedModelTag = changeVerb({
  name: 'tracking.delete_logged_model_tag',
  permission: 'runs.write',
  input: DeleteModelTag,
  async run({ ctx, input: { model_id, key }, record }): Promise<void> {
    const { experiment_id } = await lockLoggedModel(ctx, model_id)
    const { numAffectedRows } = await sql`
      delete from logged_model_tags where model_id = ${model_id} and key = ${key}
    `.execute(ctx.db)
    if (numAffectedRows !== 1n) throw new FabriqueError('logged_model_tag_not_found', { key, model: model_id })
    await record(loggedModelChanged(model_id, experiment_id, `tag ${key} removed`))
  },
})
