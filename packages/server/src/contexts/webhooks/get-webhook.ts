import { FabriqueError, PageQuery, type Webhook, type WebhookDelivery } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { offsetOf, pageOfRows } from '../../platform/mlflow/index.js'
import { queryDeliveries, queryWebhooks, type StoredDelivery, type StoredWebhook, selectWebhook } from './store.js'

/** One webhook, without its secret. Throws `webhook_not_found`. */
export const getWebhook = readVerb({
  name: 'webhooks.get_webhook',
  permission: 'webhooks.read',
  input: z.object({ webhook: z.string() }),
  run: ({ ctx, input }): Promise<StoredWebhook> => selectWebhook(ctx, input.webhook),
})

export interface WebhookPage {
  readonly webhooks: readonly StoredWebhook[]
  readonly next_page_token?: string
}

/** Webhooks by page, the newest first. Throws `page_token_invalid`. */
export const searchWebhooks = readVerb({
  name: 'webhooks.search_webhooks',
  permission: 'webhooks.read',
  input: z.object({ max_results: z.number().int().min(1).max(1000), page_token: z.string().optional() }),
  async run({ ctx, input }): Promise<WebhookPage> {
    const size = input.max_results
    const offset = offsetOf(input.page_token)
    const rows = await queryWebhooks(ctx, sql`order by w.created_at desc, w.id limit ${size + 1} offset ${offset}`)
    const { page, nextPageToken } = pageOfRows(rows, { offset, size })
    return nextPageToken === undefined ? { webhooks: page } : { webhooks: page, next_page_token: nextPageToken }
  },
})

/** Every webhook with its last delivery, the newest first. */
export const listWebhooks = readVerb({
  name: 'webhooks.list_webhooks',
  permission: 'webhooks.read',
  input: z.object({}),
  async run({ ctx }): Promise<readonly Webhook[]> {
    const webhooks = await queryWebhooks(
      ctx,
      sql`order by w.created_at desc, w.id limit ${limit('webhooks.count_max')}`,
    )
    const last = await queryDeliveries(
      ctx,
      sql`where (d.webhook_id, d.event_id) in (
        select w.id, (select max(l.event_id) from webhook_deliveries l where l.webhook_id = w.id) from webhooks w
      )`,
    )
    const lastOf = new Map(last.map((delivery) => [delivery.webhook_id, delivery]))
    return webhooks.map((webhook) => {
      const delivery = lastOf.get(webhook.id)
      return {
        id: webhook.id,
        name: webhook.name,
        url: webhook.url,
        events: [...webhook.events],
        status: webhook.status,
        description: webhook.description,
        created_at: webhook.created_at.toISOString(),
        ...(delivery === undefined ? {} : { last_delivery: toApiDelivery(delivery) }),
      }
    })
  },
})

/** What was and will be sent to a webhook, the newest event first. Throws `webhook_not_found`, `page_token_invalid`. */
export const listWebhookDeliveries = readVerb({
  name: 'webhooks.list_webhook_deliveries',
  permission: 'webhooks.read',
  input: PageQuery.extend({ webhook: z.string() }),
  async run({ ctx, input }): Promise<{ items: WebhookDelivery[]; next_page_token?: string }> {
    const { page_token: token, limit: size } = input
    if (token !== undefined && !/^\d{1,15}$/.test(token)) throw new FabriqueError('page_token_invalid', { token })
    const { id } = await selectWebhook(ctx, input.webhook)
    const before = token === undefined ? sql`` : sql`and d.event_id < ${token}::bigint`
    const rows = await queryDeliveries(
      ctx,
      sql`where d.webhook_id = ${id} ${before} order by d.event_id desc limit ${size + 1}`,
    )
    const items = rows.slice(0, size).map(toApiDelivery)
    const last = rows[size - 1]
    return rows.length > size && last !== undefined ? { items, next_page_token: String(last.event_id) } : { items }
  },
})

function toApiDelivery(delivery: StoredDelivery): WebhookDelivery {
  const { delivered_at: delivered, next_attempt_at: next } = delivery
  return {
    id: delivery.id,
    event: delivery.event,
    state: delivery.state,
    attempts: delivery.attempts,
    ...(delivery.status_code === null ? {} : { status_code: delivery.status_code }),
    ...(delivery.error === null ? {} : { error: delivery.error }),
    created_at: delivery.created_at.toISOString(),
    ...(delivered === null ? {} : { delivered_at: delivered.toISOString() }),
    ...(delivery.state !== 'waiting' || next === null ? {} : { next_attempt_at: next.toISOString() }),
  }
}
