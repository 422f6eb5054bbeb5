import { FabriqueError, ModelSignature } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { lockOrCreateModel } from './create-model.js'
import { insertVersion } from './create-version.js'
import { type StoredVersion, selectVersions } from './store.js'

/**
 * Registers the model folder of a run as the next version of a model, which is made when it does not exist. The same folder
 * of the same run again gives the version it has, so that a step that is run again after a crash makes no second one.
 * Throws `model_name_is_prompt`.
 */
export const registerVersion = changeVerb({
  name: 'registry.register_version',
  permission: 'models.write',
  input: z.object({
    model: z.string().min(1),
    description: z.string().default(''),
    run_id: z.string(),
    source: z.string(),
    artifact_path: z.string(),
    signature: ModelSignature.optional(),
    snapshot_id: z.string().optional(),
    tags: z.record(z.string(), z.string()).default({}),
  }),
  async run({ ctx, input, record, unchanged }): Promise<StoredVersion> {
    const { model: name, description } = input
    // The row of the model is the lock: versions of one model are numbered one after the other.
    const model = await lockOrCreateModel(ctx, record, { name, description, tags: {}, reason: '' })
    if (model.is_prompt) throw new FabriqueError('model_name_is_prompt', { model: name })
    const known = (await selectVersions(ctx, { model: name, runIds: [input.run_id], limit: 100 })).find(
      ({ artifact_path }) => artifact_path === input.artifact_path,
    )
    if (known !== undefined) {
      unchanged()
      return known
    }
    return insertVersion(ctx, record, model, {
      ...input,
      description: '',
      storage_location: null,
      logged_model_id: null,
      run_link: '',
      reason: '',
    })
  },
})
