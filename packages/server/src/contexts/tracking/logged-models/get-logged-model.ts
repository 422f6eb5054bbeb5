import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../../platform/index.js'
import { Text } from '../schema.js'
import type { LoggedModel } from './model.js'
import { selectLoggedModel } from './store.js'

/**
 * A logged model with its parameters, metrics and tags. A deleted one counts as missing unless `allow_deleted`.
 * Throws `logged_model_not_found`.
 */
export const getLoggedModel = readVerb({
  name: 'tracking.get_logged_model',
  permission: 'runs.read',
  input: z.object({ model_id: Text, allow_deleted: z.boolean().default(false) }),
  async run({ ctx, input }): Promise<LoggedModel> {
    const model = await selectLoggedModel(ctx, input.model_id)
    if (model.lifecycle_stage === 'active' || input.allow_deleted) return model
    throw new FabriqueError('logged_model_not_found', { model: input.model_id })
  },
})
