import { FabriqueError, type RegisteredModel } from '@fabrique/contract'
import pg from 'pg'
import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { describeModel } from './get-model.js'
import { checkDescription, checkModelName } from './model.js'
import { lockModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { registryTables } from './store.js'
import { renameVersions } from './version-lineage.js'

const uniqueViolation = '23505'

/**
 * Describes or renames a model; its versions, aliases and history go with the name. Throws `model_not_found`, and
 * `model_exists` when another has the name.
 */
export const updateModel = changeVerb({
  name: 'registry.update_model',
  permission: 'models.write',
  input: z.object({
    model: z.string(),
    name: z.string().optional(),
    description: z.string().optional(),
    reason: z.string().max(1000).default(''),
  }),
  async run({ ctx, input, record, unchanged }): Promise<RegisteredModel> {
    const { name: renamed, description, reason } = input
    if (renamed !== undefined) checkModelName(renamed, 'new_name')
    if (description !== undefined) checkDescription(description)
    const model = await lockModel(ctx, input.model)
    const name = renamed ?? model.name
    if (name !== model.name) {
      await renameModel(ctx, model.name, name)
      const now = { ...model, name }
      await renameVersions(ctx, now)
      await recordModelChange(ctx, record, { model: now, what: 'model', from: model.name, to: name, reason })
    }
    if (description !== undefined && description !== model.description) {
      const from = model.description
      await registryTables(ctx).updateTable('registered_models').set({ description }).where('name', '=', name).execute()
      const now = { ...model, name }
      await recordModelChange(ctx, record, { model: now, what: 'description', from, to: description, reason })
    }
    // Also where the description is the one it had: clients read the moment of the last update.
    await registryTables(ctx)
      .updateTable('registered_models')
      .set({ updated_at: ctx.clock.now() })
      .where('name', '=', name)
      .execute()
    unchanged()
    return describeModel(ctx, name)
  },
})

async function renameModel(ctx: VerbContext, from: string, name: string): Promise<void> {
  try {
    await registryTables(ctx).updateTable('registered_models').set({ name }).where('name', '=', from).execute()
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === uniqueViolation) {
      throw new FabriqueError('model_exists', { model: name }, { cause: error, field: 'name' })
    }
    throw error
  }
  await registryTables(ctx)
    .updateTable('model_versions')
    .set({ updated_at: ctx.clock.now() })
    .where('model', '=', name)
    .execute()
}
