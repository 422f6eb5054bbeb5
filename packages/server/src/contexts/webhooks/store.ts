import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { WebhookEvent, WebhookStatus } from './model.js'

type WebhookTables = {
  webhooks: {
    id: string
    name: string
    url: string
    description: string
    secret: string | null
    status: WebhookStatus
    events: string[]
    created_at: Date
    updated_at: Date
  }
}

export const webhookTables = (ctx: VerbContext) => ctx.db.withTables<WebhookTables>()

/** A webhook without its secret, which nobody gets to see. */
export interface StoredWebhook {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly description: string
  readonly status: WebhookStatus
  readonly events: readonly WebhookEvent[]
  readonly created_at: Date
  readonly updated_at: Date
}

export interface StoredDelivery {
  readonly id: string
  readonly webhook_id: string
  readonly event_id: number
  readonly event: WebhookEvent
  readonly state: 'waiting' | 'delivered' | 'failed'
  readonly attempts: number
  readonly status_code: number | null
  readonly error: string | null
  readonly created_at: Date
  readonly next_attempt_at: Date | null
  readonly delivered_at: Date | null
}

/** Webhooks from conditions, order and page on `webhooks w`. */
export async function queryWebhooks(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly StoredWebhook[]> {
  const { rows } = await sql<StoredWebhook>`
    select w.id, w.name, w.url, w.description, w.status, w.events, w.created_at, w.updated_at from webhooks w ${rest}
  `.execute(ctx.db)
  return rows
}

/** One webhook; throws `webhook_not_found`. */
export async function selectWebhook(ctx: VerbContext, id: string): Promise<StoredWebhook> {
  const [found] = await queryWebhooks(ctx, sql`where w.id = ${id}`)
  if (found === undefined) throw new FabriqueError('webhook_not_found', { webhook: id })
  return found
}

/** Deliveries from conditions, order and page on `webhook_deliveries d`. */
export async function queryDeliveries(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly StoredDelivery[]> {
  const { rows } = await sql<StoredDelivery>`
    select d.id, d.webhook_id, d.event_id, d.event, d.state, d.attempts, d.status_code, d.error, d.created_at,
      d.next_attempt_at, d.delivered_at
    from webhook_deliveries d ${rest}
  `.execute(ctx.db)
  return rows
}

/** An id as other programs make them. */
export function newUuid(ctx: VerbContext): string {
  const hex = ctx.ids.hex32()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
