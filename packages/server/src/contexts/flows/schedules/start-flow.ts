import { StartFlow } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { checkParams } from './check-params.js'
import { declaredFlow } from './store.js'

/** A run that was asked for; `is_new` is false where the same key had been used before. */
export interface StartedFlow {
  readonly flow_run: string
  readonly is_new: boolean
}

/**
 * Runs a flow because someone asks for it, also while it is paused. Parameters are checked before there is a run. Errors:
 * `flow_not_found`, `flow_params_invalid`, `flow_params_too_large`.
 */
export const startFlow = changeVerb({
  name: 'flows.start_flow',
  permission: 'flows.write',
  input: StartFlow.extend({ project: z.string(), flow: z.string() }),
  async run({ ctx, input, unchanged }): Promise<StartedFlow> {
    const { project, flow, params, at, reason, idempotency_key } = input
    const { definition } = await declaredFlow(ctx, { project, flow })
    checkParams({ flow, schema: definition.params_schema, params })
    const due = at === undefined ? undefined : new Date(at)
    const { id, isNew } = await enqueueRun(ctx, {
      project,
      flow,
      params,
      origin: 'manual',
      priority: input.priority ?? definition.priority,
      scheduledFor: due ?? ctx.clock.now(),
      ...(due === undefined ? {} : { readyAt: due }),
      reason,
      tags: [...new Set([...definition.tags, ...input.tags])],
      ...(idempotency_key === undefined ? {} : { idempotencyKey: `request:${idempotency_key}` }),
    })
    // The run records itself.
    unchanged()
    return { flow_run: id, is_new: isNew }
  },
})
