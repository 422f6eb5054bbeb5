import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { checkEvents, checkName, checkTexts, parseUrl } from './model.js'
import { type StoredWebhook, selectWebhook, webhookTables } from './store.js'

/** Changes what is given of a webhook; an empty secret removes it. Throws as `createWebhook`, and `webhook_not_found`. */
export const updateWebhook = changeVerb({
  name: 'webhooks.update_webhook',
  permission: 'webhooks.write',
  input: z.object({
    webhook: z.string(),
    name: z.string().optional(),
    url: z.string().optional(),
    events: z.array(z.string()).optional(),
    description: z.string().optional(),
    secret: z.string().optional(),
    status: z.enum(['ACTIVE', 'DISABLED']).optional(),
  }),
  async run({ ctx, input, record }): Promise<StoredWebhook> {
    const { webhook: id, name, url, description, secret, status } = input
    if (name !== undefined) checkName(name)
    if (url !== undefined) parseUrl(url)
    checkTexts(input)
    const events = input.events === undefined ? undefined : [...checkEvents(input.events)]
    await selectWebhook(ctx, id)
    await webhookTables(ctx)
      .updateTable('webhooks')
      .set({
        ...(name === undefined ? {} : { name }),
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(secret === undefined ? {} : { secret: secret || null }),
        ...(status === undefined ? {} : { status }),
        ...(events === undefined ? {} : { events }),
        updated_at: ctx.clock.now(),
      })
      .where('id', '=', id)
      .execute()
    await record({
      subject: `webhooks/${id}`,
      event: 'webhook.changed',
      payload: { webhook_id: id, change: 'updated' },
    })
    return selectWebhook(ctx, id)
  },
})

/** Deletes a webhook with all its deliveries, also those that wait. Throws `webhook_not_found`. */
export const deleteWebhook = changeVerb({
  name: 'webhooks.delete_webhook',
  permission: 'webhooks.write',
  input: z.object({ webhook: z.string() }),
  async run({ ctx, input, record }): Promise<void> {
    const { id } = await selectWebhook(ctx, input.webhook)
    await webhookTables(ctx).deleteFrom('webhooks').where('id', '=', id).execute()
    await record({
      subject: `webhooks/${id}`,
      event: 'webhook.changed',
      payload: { webhook_id: id, change: 'deleted' },
    })
  },
})
