import { limit } from '../../kernel/index.js'
import type { EventStream, VerbContext } from '../../platform/index.js'
import { claimDeliveries, deleteOldDeliveries, deliverOnce } from './deliver.js'
import { planDeliveries, sourceEvents } from './plan-deliveries.js'
import type { WebhookTargets } from './targets.js'

export interface WebhookSender {
  /** Ends what is being sent; it is sent again by the next server. */
  close(): Promise<void>
}

export interface WebhookSenderOptions {
  readonly ctx: VerbContext
  readonly events: EventStream
  readonly targets: WebhookTargets
  /** Longest wait for what became due without a wake-up. */
  readonly pollMs?: number
}

const cleaningMs = 600_000

/**
 * Sends deliveries as events come, until it is closed. Any number of servers may do so at once. While the database is away it
 * waits.
 */
export function openWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const stop = new AbortController()
  const ctx: VerbContext = { ...options.ctx, signal: stop.signal }
  const sending = new Set<Promise<void>>()
  let working: Promise<void> | undefined
  let again = false

  const send = async () => {
    for (;;) {
      const free = limit('webhooks.concurrency_max') - sending.size
      if (free <= 0 || stop.signal.aborted) return
      const claimed = await claimDeliveries(ctx, free)
      if (claimed.length === 0) return
      for (const delivery of claimed) {
        const sent = deliverOnce(ctx, options.targets, delivery)
          .catch((error: unknown) => ctx.log.debug({ err: error }, 'A webhook waits for the database'))
          .finally(() => {
            sending.delete(sent)
            wake()
          })
        sending.add(sent)
      }
    }
  }

  const work = async () => {
    try {
      do {
        again = false
        while (!stop.signal.aborted && (await planDeliveries(ctx)));
        await send()
      } while (again && !stop.signal.aborted)
    } catch (error) {
      ctx.log.debug({ err: error }, 'Webhooks wait for the database')
    }
  }

  function wake(): void {
    if (stop.signal.aborted) return
    again = true
    working ??= work().finally(() => {
      working = undefined
    })
  }

  const unsubscribe = options.events.subscribe((events) => {
    if (events.some(({ kind }) => sourceEvents.includes(kind))) wake()
  })
  const timer = setInterval(wake, options.pollMs ?? 1000)
  const clean = () => void deleteOldDeliveries(ctx).catch(() => {})
  const cleaning = setInterval(clean, cleaningMs)
  wake()

  return {
    async close() {
      unsubscribe()
      clearInterval(timer)
      clearInterval(cleaning)
      stop.abort()
      await working
      await Promise.all(sending)
    },
  }
}
