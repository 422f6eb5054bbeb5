import { sql } from 'kysely'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { ModelId } from './schema.js'
import { lockLoggedModel, loggedModelChanged } from './store.js'

/** Marks a logged model as deleted; its files stay and it can be restored. A deleted one stays so. */
export const deleteLoggedModel = changeVerb({
  name: 'tracking.delete_logged_model',
  permission: 'runs.write',
  input: ModelId,
  async run({ ctx, input: { model_id }, record, unchanged }): Promise<void> {
    const before = await lockLoggedModel(ctx, model_id)
    if (before.lifecycle_stage === 'deleted') {
      unchanged()
      return
    }
    const now = ctx.clock.now().getTime()
    await sql`
      update logged_models set lifecycle_stage = 'deleted', deleted_ms = ${now}, updated_ms = ${now} where id = ${model_id}
    `.execute(ctx.db)
    await record(loggedModelChanged(model_id, before.experiment_id, 'deleted'))
  },
})

/** Brings a deleted logged model back. An active one stays so. */
export const restoreLoggedModel = changeVerb({
  name: 'tracking.restore_logged_model',
  permission: 'runs.write',
  input: ModelId,
  async run({ ctx, input: { model_id }, record, unchanged }): Promise<void> {
    const before = await lockLoggedModel(ctx, model_id)
    if (before.lifecycle_stage === 'active') {
      unchanged()
      return
    }
    await sql`
      update logged_models set lifecycle_stage = 'active', deleted_ms = null, updated_ms = ${ctx.clock.now().getTime()}
      where id = ${model_id}
    `.execute(ctx.db)
    await record(loggedModelChanged(model_id, before.experiment_id, 'restored'))
  },
})

/**
 * Erases deleted logged models, and those of deleted experiments, with their parameters, tags, points and links to runs, in the transaction of `ctx`; their files are
 * the caller's to remove, from the addresses returned. Others are left out.
 */
export async function eraseLoggedModels(
  ctx: VerbContext,
  ids: readonly string[],
): Promise<readonly { readonly model_id: string; readonly artifact_uri: string }[]> {
  // A run before what belongs to it, as every writer takes them: its links to the models go with these.
  await sql`
    select from runs where id in (select run_id from run_models where model_id = any(${[...ids]}::text[])) order by id for no key update
  `.execute(ctx.db)
  const { rows } = await sql<{ model_id: string; artifact_uri: string }>`
    with gone as (
      delete from logged_models m using experiments e
      where e.id = m.experiment_id and m.id = any(${[...ids]}::text[]) and 'deleted' in (m.lifecycle_stage, e.lifecycle_stage)
      returning m.id as model_id, m.artifact_uri
    ), points as (delete from logged_model_metrics p using gone where p.model_id = gone.model_id)
    select model_id, artifact_uri from gone
  `.execute(ctx.db)
  return rows
}
