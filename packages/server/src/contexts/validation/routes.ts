import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { listValidations } from './validate-snapshot.js'

export function mountValidationRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listValidations, async ({ request, params }) => ({
    items: [...(await listValidations({ ctx: contextOf(request), input: params }))],
  }))
}
