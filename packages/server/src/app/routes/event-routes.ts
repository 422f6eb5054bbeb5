import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import {
  authorise,
  type ContextOf,
  type EventStream,
  mountRoute,
  newestEvents,
  sendEventStream,
  toDatabaseError,
} from '../../platform/index.js'

export function mountEventRoutes(app: FastifyInstance, contextOf: ContextOf, events: EventStream): void {
  mountRoute(app, routes.streamEvents, async ({ request, reply }) => {
    authorise(contextOf(request).actor, 'events.read')
    return sendEventStream(events, request, reply)
  })
  mountRoute(app, routes.listEvents, async ({ request, query }) => {
    const ctx = contextOf(request)
    authorise(ctx.actor, 'events.read')
    try {
      return { items: [...(await newestEvents(ctx.db, query.limit))] }
    } catch (error) {
      throw toDatabaseError(error)
    }
  })
}
