import { FabriqueError, type MonitorDefinition } from '@fabrique/contract'
import { calibratedMethods, driftMethod, driftMethodNames } from '@fabrique/ml/drift'
import { type Actor, checkModelGrant } from '../../../platform/index.js'
import { nextMoment } from './schedule.js'

/** Throws `invalid_request`, which names the field, for what a schema does not see: methods that are none, moments that never come. */
export function checkDefinition(definition: MonitorDefinition, now: Date): void {
  const own: readonly string[] = Object.values(calibratedMethods)
  for (const [column, method] of Object.entries(definition.methods)) {
    if (driftMethod(method) !== undefined || own.includes(method)) continue
    const field = `methods.${column}`
    const names = driftMethodNames.join(', ')
    throw new FabriqueError(
      'invalid_request',
      {
        field,
        reason: `there is no method ${JSON.stringify(method)}; there are ${names}`,
        reason_fr: `il n’y a pas de méthode ${JSON.stringify(method)}\u202f; il y a ${names}`,
      },
      { field },
    )
  }
  nextMoment(definition, now)
}

/** Throws `model_not_granted` for a model that the actor may not use: a monitor acts in its own name, also on what its actions name. */
export function checkGrants(actor: Actor, { model, actions }: Pick<MonitorDefinition, 'model' | 'actions'>): void {
  if (model !== undefined) checkModelGrant(actor, model)
  for (const action of actions) {
    if (action.do === 'flow' && typeof action.params.model === 'string') checkModelGrant(actor, action.params.model)
  }
}
