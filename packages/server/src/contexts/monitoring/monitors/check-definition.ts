import type { MonitorDefinition } from '@fabrique/contract'
import { type Actor, checkModelGrant } from '../../../platform/index.js'
import { assertMethods } from '../drift/compare-sides.js'
import { nextMoment } from './schedule.js'

/** Throws `invalid_request`, which names the field, for what a schema does not see: methods that are none, moments that never come. */
export function checkDefinition(definition: MonitorDefinition, now: Date): void {
  const embeddings = new Set(Object.keys(definition.embeddings ?? {}))
  for (const asked of Object.entries(definition.methods)) assertMethods(`methods.${asked[0]}`, [asked], embeddings)
  nextMoment(definition, now)
}

/** Throws `model_not_granted` for a model that the actor may not use: a monitor acts in its own name, also on what its actions name. */
export function checkGrants(actor: Actor, { model, actions }: Pick<MonitorDefinition, 'model' | 'actions'>): void {
  if (model !== undefined) checkModelGrant(actor, model)
  for (const action of actions) {
    if (action.do === 'flow' && typeof action.params.model === 'string') checkModelGrant(actor, action.params.model)
  }
}
