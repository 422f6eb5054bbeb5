import type { ProjectDefinition } from '@fabrique/contract'
import { declaredTraining } from './declared-training.js'

/**
 * Refuses a project whose models name what cannot be trained, before a row is read. Throws `estimator_unknown`, `estimator_param_invalid`,
 * `training_refused` and `invalid_request`, as a request would.
 */
export async function checkModels({ models }: ProjectDefinition): Promise<void> {
  const { checkRequest } = await import('./training-definition.js')
  for (const model of models) {
    if (model.script === undefined) checkRequest(declaredTraining(model, 'latest'))
  }
}
