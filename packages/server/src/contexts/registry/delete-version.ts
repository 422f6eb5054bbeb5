import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { lockModel, touchModel } from './model-store.js'
import { recordModelChange } from './record-change.js'
import { registryTables, selectVersion, versionNumber } from './store.js'
import { eraseVersion } from './version-lineage.js'

/**
 * Deletes a version and its aliases; its number is never used again. The artifacts of its run stay.
 * Throws `model_version_not_found`.
 */
export const deleteModelVersion = changeVerb({
  name: 'registry.delete_model_version',
  permission: 'models.write',
  input: z.object({ model: z.string(), version: z.string(), reason: z.string().max(1000).default('') }),
  async run({ ctx, input, record }): Promise<void> {
    const { reason } = input
    const version = versionNumber(input.model, input.version)
    await selectVersion(ctx, input.model, version)
    const model = await lockModel(ctx, input.model)
    const { aliases } = await selectVersion(ctx, model.name, version)
    for (const key of aliases) {
      await recordModelChange(ctx, record, { model, what: 'alias', key, from: String(version), reason })
    }
    await registryTables(ctx)
      .deleteFrom('model_versions')
      .where('model', '=', model.name)
      .where('version', '=', version)
      .execute()
    await eraseVersion(ctx, model, version)
    await touchModel(ctx, model.name)
    await recordModelChange(ctx, record, { model, what: 'version', version, from: String(version), reason })
  },
})
