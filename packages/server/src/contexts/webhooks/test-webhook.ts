import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { taskVerb } from '../../platform/index.js'
import { checkEvents } from './model.js'
import { bodyOf, sampleOf } from './payloads.js'
import { sendWebhook } from './send-webhook.js'
import { newUuid, selectWebhook } from './store.js'
import type { WebhookTargets } from './targets.js'

/** What a webhook answered to a sample. */
export interface WebhookTestResult {
  readonly success: boolean
  readonly response_status?: number
  readonly response_body?: string
  readonly error_message?: string
}

/**
 * Sends a sample of an event, by default the first the webhook subscribed to, once and now; it is no delivery and is not
 * kept. Throws `webhook_not_found`, `webhook_events_invalid`.
 */
export const testWebhook = taskVerb({
  name: 'webhooks.test_webhook',
  permission: 'webhooks.write',
  input: z.object({ webhook: z.string(), event: z.string().optional(), targets: z.custom<WebhookTargets>() }),
  async run({ ctx, input }): Promise<WebhookTestResult> {
    const { id, events, url } = await selectWebhook(ctx, input.webhook)
    const [event = ''] = checkEvents([input.event ?? events[0] ?? ''])
    const { rows } = await sql<{ secret: string | null }>`select secret from webhooks where id = ${id}`.execute(ctx.db)
    const row = rows[0]
    if (row === undefined) throw new FabriqueError('webhook_not_found', { webhook: id })
    const body = bodyOf(sampleOf(event), ctx.clock.now())
    const result = await sendWebhook(ctx, input.targets, { id: newUuid(ctx), url, secret: row.secret, body })
    if (result.kind !== 'answered') return { success: false, error_message: `Failed to test webhook: ${result.error}` }
    return { success: result.status < 400, response_status: result.status, response_body: result.text }
  },
})
