import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { type StoredModel, selectModel } from './model-store.js'
import { type StoredVersion, selectLatestVersions } from './store.js'

/** A model as it is stored, and the newest version of each stage. Throws `model_not_found`. */
export const findModel = readVerb({
  name: 'registry.find_model',
  permission: 'models.read',
  input: z.object({ model: z.string() }),
  async run({ ctx, input }): Promise<{ readonly model: StoredModel; readonly latest: readonly StoredVersion[] }> {
    return { model: await selectModel(ctx, input.model), latest: await selectLatestVersions(ctx, [input.model]) }
  },
})
