import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { type AttemptResult, type OutgoingDelivery, sendWebhook } from './send-webhook.js'
import type { WebhookTargets } from './targets.js'

/** A delivery that this process sends now. */
export interface ClaimedDelivery extends OutgoingDelivery {
  readonly attempts: number
  readonly created_at: Date
}

/** What an attempt is given beyond its own time, before another process may take the delivery. */
const leaseMarginMs = 30_000

/**
 * Takes deliveries that are due; other processes take others. Who dies while sending loses them when the lease ends: they
 * are sent again then, under the same id.
 */
export async function claimDeliveries(ctx: VerbContext, count: number): Promise<readonly ClaimedDelivery[]> {
  const now = ctx.clock.now()
  const leaseEnd = new Date(now.getTime() + limit('webhooks.request_timeout_ms') + leaseMarginMs)
  const { rows } = await sql<ClaimedDelivery>`
    update webhook_deliveries d set attempts = d.attempts + 1, next_attempt_at = ${leaseEnd}
    from webhooks w
    where w.id = d.webhook_id and d.id in (
      select due.id from webhook_deliveries due join webhooks owner on owner.id = due.webhook_id
      where due.state = 'waiting' and due.next_attempt_at <= ${now} and owner.status = 'ACTIVE'
      order by due.next_attempt_at, due.event_id limit ${count}
      for update of due skip locked
    )
    returning d.id, d.body, d.attempts, d.created_at, w.url, w.secret
  `.execute(ctx.db)
  return rows
}

/** Sends a claimed delivery once and writes what came of it. */
export async function deliverOnce(ctx: VerbContext, targets: WebhookTargets, delivery: ClaimedDelivery): Promise<void> {
  const result = await sendWebhook(ctx, targets, delivery)
  await settle(ctx, delivery, outcomeOf(ctx, delivery, result))
}

export interface Outcome {
  readonly state: 'waiting' | 'delivered' | 'failed'
  readonly statusCode?: number
  readonly error?: string
  readonly nextAttemptAt?: Date
}

/** True for replies that may be another one later. */
const isTemporary = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500

/** What is next for a delivery after an attempt. */
export function outcomeOf(ctx: VerbContext, delivery: ClaimedDelivery, result: AttemptResult): Outcome {
  if (result.kind === 'refused') return { state: 'failed', error: result.error }
  if (result.kind === 'unreachable') {
    // A server that stops ended the attempt itself: the next one begins it again at once.
    if (ctx.signal?.aborted) return { state: 'waiting', error: result.error, nextAttemptAt: ctx.clock.now() }
    return again(ctx, delivery, { error: result.error })
  }
  const { status: statusCode } = result
  if (statusCode >= 200 && statusCode < 300) return { state: 'delivered', statusCode }
  const error = `The receiver answered ${statusCode}`
  if (!isTemporary(statusCode)) return { state: 'failed', statusCode, error }
  return again(ctx, delivery, { statusCode, error }, result.retryAfterMs)
}

function again(
  ctx: VerbContext,
  delivery: ClaimedDelivery,
  values: { readonly statusCode?: number; readonly error: string },
  retryAfterMs = 0,
): Outcome {
  const now = ctx.clock.now().getTime()
  const delay = retryDelayMs(delivery)
  const delayMs = Math.min(Math.max(delay, retryAfterMs), limit('webhooks.retry_delay_ms_max'))
  const isLate = now + delayMs - delivery.created_at.getTime() > limit('webhooks.deadline_ms')
  if (isLate || delivery.attempts >= limit('webhooks.attempts_max')) return { state: 'failed', ...values }
  return { state: 'waiting', ...values, nextAttemptAt: new Date(now + delayMs) }
}

/** Doubles from one second; up to a quarter more by the id, so that many that failed at once do not come back at once. */
function retryDelayMs({ id, attempts }: ClaimedDelivery): number {
  const spread = 1 + Number.parseInt(id.slice(-2), 16) / 1024
  return 1000 * 2 ** (attempts - 1) * spread
}

async function settle(ctx: VerbContext, delivery: ClaimedDelivery, outcome: Outcome): Promise<void> {
  // Only by who holds it: a lease that ended gave it to another.
  await sql`
    update webhook_deliveries set state = ${outcome.state}, status_code = ${outcome.statusCode ?? null},
      error = ${outcome.error?.slice(0, 1000) ?? null}, next_attempt_at = ${outcome.nextAttemptAt ?? null},
      delivered_at = ${outcome.state === 'delivered' ? ctx.clock.now() : null}
    where id = ${delivery.id} and attempts = ${delivery.attempts} and state = 'waiting'
  `.execute(ctx.db)
}

/** Forgets finished deliveries beyond those that are kept of each webhook; returns how many. */
export async function deleteOldDeliveries(ctx: VerbContext): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from webhook_deliveries d using (
      select id, row_number() over (partition by webhook_id order by event_id desc) as place
      from webhook_deliveries where state <> 'waiting'
    ) finished where finished.id = d.id and finished.place > ${limit('webhooks.deliveries_kept')}
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}
