import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { inTransaction, type VerbContext } from '../../platform/index.js'
import { changesOfModels, type StoredChange } from '../registry/index.js'
import type { WebhookEvent } from './model.js'
import { bodyOf, messageOf } from './payloads.js'
import { newUuid } from './store.js'

/** Events that tell of changes of the registry. */
export const sourceEvents: readonly string[] = ['model.changed', 'model_version.created', 'alias.moved']

/** Events in one transaction: each may hold a body of the largest size for each webhook. */
const batchSize = 20

interface EventRow {
  readonly tx: string
  readonly id: number
  readonly change_id: number | null
  readonly at: Date
}

/**
 * Turns the next committed events into deliveries, in the order of the event stream: one row for each event and active
 * webhook, in the transaction that moves the position behind them. Returns true while there may be more.
 */
export async function planDeliveries(ctx: VerbContext): Promise<boolean> {
  return inTransaction(ctx, async (inner) => {
    const { rows: positions } = await sql<{ tx: string; event_id: number; webhooks: boolean }>`
      select tx::text as tx, event_id, exists (select from webhooks) as webhooks from webhook_position for update
    `.execute(inner.db)
    const position = positions[0]
    if (position === undefined || !position.webhooks) return false
    // Read first: all events before this moment are seen by the statement that follows.
    const { rows: horizons } = await sql<{ tx: string }>`
      select pg_snapshot_xmin(pg_current_snapshot())::text as tx
    `.execute(inner.db)
    const horizon = horizons[0]?.tx ?? '0'
    const { rows: events } = await sql<EventRow>`
      select tx::text as tx, id, (payload ->> 'change_id')::bigint as change_id, at from events
      where (tx, id) > (${position.tx}::text::xid8, ${position.event_id}::bigint) and tx < ${horizon}::text::xid8
        and kind = any(${[...sourceEvents]}::text[])
      order by tx, id limit ${batchSize}
    `.execute(inner.db)
    await insertDeliveries(inner, events)
    const last = events.length === batchSize ? events.at(-1) : undefined
    await sql`
      update webhook_position set tx = ${last?.tx ?? horizon}::text::xid8, event_id = ${last?.id ?? 0}::bigint
    `.execute(inner.db)
    return last !== undefined
  })
}

async function insertDeliveries(ctx: VerbContext, events: readonly EventRow[]): Promise<void> {
  const ids = events.flatMap(({ change_id }) => (change_id === null ? [] : [change_id]))
  if (ids.length === 0) return
  const changes = await changesOfModels({ ctx, input: { ids } })
  for (const event of events) {
    const change = event.change_id === null ? undefined : changes.get(event.change_id)
    if (change !== undefined) await insertForEvent(ctx, event, change)
  }
}

async function insertForEvent(ctx: VerbContext, event: EventRow, change: StoredChange): Promise<void> {
  const message = messageOf(change)
  if (message === undefined) return
  const subscribers = await subscribersOf(ctx, message.event, event.at)
  if (subscribers.length === 0) return
  const body = bodyOf(message, event.at)
  const isTooLarge = Buffer.byteLength(body) > limit('webhooks.body_bytes_max')
  const now = ctx.clock.now()
  for (const { id, waiting } of subscribers) {
    const refused = isTooLarge
      ? `The body has more than ${limit('webhooks.body_bytes_max')} bytes`
      : waiting >= limit('webhooks.waiting_max')
        ? `${waiting} deliveries wait for this webhook`
        : undefined
    await sql`
      insert into webhook_deliveries (id, webhook_id, event_id, event, body, state, error, created_at, next_attempt_at)
      values (${newUuid(ctx)}, ${id}, ${event.id}, ${message.event}, ${isTooLarge ? '' : body},
        ${refused === undefined ? 'waiting' : 'failed'}, ${refused ?? null}, ${now}, ${refused === undefined ? now : null})
      on conflict (webhook_id, event_id) do nothing
    `.execute(ctx.db)
  }
}

/** Active webhooks that were there when an event happened, and how many deliveries wait for each. */
async function subscribersOf(
  ctx: VerbContext,
  event: WebhookEvent,
  at: Date,
): Promise<readonly { readonly id: string; readonly waiting: number }[]> {
  const { rows } = await sql<{ id: string; waiting: number }>`
    select w.id, (
      select count(*)::int from webhook_deliveries d where d.webhook_id = w.id and d.state = 'waiting'
    ) as waiting
    from webhooks w where w.status = 'ACTIVE' and ${event} = any(w.events) and w.created_at <= ${at} order by w.id
  `.execute(ctx.db)
  return rows
}
