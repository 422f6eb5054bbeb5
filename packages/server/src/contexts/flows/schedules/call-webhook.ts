import { FabriqueError, Json } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb } from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { query } from '../engine/statements.js'
import { checkParams } from './check-params.js'
import type { StartedFlow } from './start-flow.js'
import { declaredFlow, type TriggerRow } from './store.js'

/**
 * Starts the flow of a webhook. What was sent are its parameters, over those of the declaration; where code makes parameters of it, they are
 * checked in the run. Errors: `flow_webhook_not_found`, `flow_paused`, `flow_params_invalid`, `flow_params_too_large`.
 */
export const callWebhook = changeVerb({
  name: 'flows.call_webhook',
  permission: 'flows.write',
  input: z.object({
    token: z.string(),
    body: z.record(z.string(), Json),
    idempotency_key: z.string().min(1).max(200).optional(),
  }),
  async run({ ctx, input: { token, body, idempotency_key }, unchanged }): Promise<StartedFlow> {
    const [row] = await query<TriggerRow>(
      ctx.db,
      `select t.* from flow_triggers t join flows f on f.project = t.project and f.name = t.flow
       where t.token = $1 and f.removed_at is null`,
      [token],
    )
    if (row === undefined) throw new FabriqueError('flow_webhook_not_found', {})
    const { project, flow, name, definition: trigger } = row
    const { definition, paused } = await declaredFlow(ctx, { project, flow })
    if (paused) throw new FabriqueError('flow_paused', { project, flow })
    const params = trigger.params_by_code ? {} : { ...trigger.params, ...body }
    if (trigger.params_by_code) checkParams({ flow, schema: {}, params: body })
    else checkParams({ flow, schema: definition.params_schema, params })
    const { id, isNew } = await enqueueRun(ctx, {
      project,
      flow,
      params,
      origin: 'webhook',
      originOf: name,
      priority: definition.priority,
      scheduledFor: ctx.clock.now(),
      tags: definition.tags,
      event: body,
      ...(idempotency_key === undefined ? {} : { idempotencyKey: `webhook:${name}:${idempotency_key}` }),
    })
    // The run records itself.
    unchanged()
    return { flow_run: id, is_new: isNew }
  },
})
