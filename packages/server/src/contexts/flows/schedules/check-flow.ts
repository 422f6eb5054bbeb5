import { eventCatalogue, FabriqueError, type FlowDefinition, type TriggerDefinition } from '@fabrique/contract'
import { checkParams, schemaFault } from './check-params.js'
import { scheduleFault } from './moments.js'

/** The flow that each project has without declaring it: the loop of its models. */
export const builtInFlow = 'loop'

/** Throws `flow_invalid` where a declaration could start nothing, and `flow_params_invalid` where what it starts would be refused. */
export function checkFlow(definition: FlowDefinition, now: Date): void {
  const { name: flow, params_schema: schema } = definition
  const refuse = (reason: string): never => {
    throw new FabriqueError('flow_invalid', { flow, reason })
  }
  if (flow === builtInFlow) refuse(`the name ${builtInFlow} is that of the loop of models`)
  const fault = schemaFault(schema)
  if (fault !== undefined) refuse(`the JSON Schema of its parameters is none: ${fault}`)
  const twice = repeated(definition.schedules.map(({ name }) => name))
  if (twice !== undefined) refuse(`two schedules are named ${twice}`)
  const twiceTrigger = repeated(definition.triggers.map(({ name }) => name))
  if (twiceTrigger !== undefined) refuse(`two triggers are named ${twiceTrigger}`)
  for (const schedule of definition.schedules) {
    const reason = scheduleFault(schedule, now)
    if (reason !== undefined) refuse(`schedule ${schedule.name}: ${reason}`)
    if (!schedule.params_by_code) checkParams({ flow, schema, params: schedule.params })
  }
  for (const trigger of definition.triggers) {
    const reason = triggerFault(trigger)
    if (reason !== undefined) refuse(`trigger ${trigger.name}: ${reason}`)
    if (trigger.kind === 'event' && !trigger.params_by_code) checkParams({ flow, schema, params: trigger.params })
  }
}

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index)
}

/** An event that never comes, or a condition that it never meets. */
function triggerFault(trigger: TriggerDefinition): string | undefined {
  if (trigger.kind === 'webhook') return undefined
  const payload = Object.entries(eventCatalogue).find(([kind]) => kind === trigger.event)?.[1]
  if (payload === undefined) return `there is no event ${trigger.event}`
  const fields = Object.keys(payload.shape)
  const unknown = Object.keys(trigger.where).find((field) => !fields.includes(field))
  if (unknown !== undefined) return `event ${trigger.event} has no ${unknown}; it has ${fields.join(', ')}`
  // Each run has several such events: what a flow that hears all of its own starts would multiply.
  return trigger.event === 'flow_run.changed' && trigger.where.state === undefined
    ? 'say in where which state of runs it waits for, as {"state":"FAILED"}'
    : undefined
}
