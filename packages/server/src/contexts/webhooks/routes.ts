import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { listWebhookDeliveries, listWebhooks } from './get-webhook.js'

/** Mounts `/api/v1/webhooks`: what there is, and what was sent. */
export function mountWebhookRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listWebhooks, async ({ request }) => ({
    items: [...(await listWebhooks({ ctx: contextOf(request), input: {} }))],
  }))
  mountRoute(app, routes.listWebhookDeliveries, ({ request, params, query }) =>
    listWebhookDeliveries({ ctx: contextOf(request), input: { ...query, ...params } }),
  )
}
