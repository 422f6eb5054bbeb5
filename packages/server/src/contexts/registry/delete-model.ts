import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { lockModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { registryTables } from './store.js'
import { eraseVersions } from './version-lineage.js'

/**
 * Deletes a model with its versions and aliases for good; the artifacts of runs stay, and so does its history. A model
 * made later under the name counts from 1 again. Throws `model_not_found`.
 */
export const deleteModel = changeVerb({
  name: 'registry.delete_model',
  permission: 'models.write',
  input: z.object({ model: z.string(), reason: z.string().max(1000).default('') }),
  async run({ ctx, input, record }): Promise<void> {
    const { reason } = input
    const model = await lockModel(ctx, input.model)
    // Who follows an alias hears that it is gone.
    for (const [alias, version] of Object.entries(model.aliases)) {
      await recordModelChange(ctx, record, { model, what: 'alias', key: alias, from: String(version), reason })
    }
    await eraseVersions(ctx, model)
    await registryTables(ctx).deleteFrom('registered_models').where('name', '=', model.name).execute()
    await recordModelChange(ctx, record, { model, what: 'model', from: model.name, reason })
  },
})
