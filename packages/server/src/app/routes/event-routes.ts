import { FabriqueError, routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import {
  authorise,
  type ContextOf,
  type EventStream,
  mountRoute,
  newestEvents,
  parsePosition,
  sendEventStream,
  toDatabaseError,
} from '../../platform/index.js'

export function mountEventRoutes(app: FastifyInstance, contextOf: ContextOf, events: EventStream): void {
  mountRoute(app, routes.streamEvents, async ({ request, reply, query }) => {
    authorise(contextOf(request).actor, 'events.read')
    const position = parsePosition(query.position)
    if (query.position !== undefined && position === undefined) {
      const wrong = { field: 'position', reason: 'must be the id of an event, as 812.4507' }
      throw new FabriqueError('invalid_request', wrong, { field: wrong.field })
    }
    return sendEventStream({ events, request, reply, position })
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
