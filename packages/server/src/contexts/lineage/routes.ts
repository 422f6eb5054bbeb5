import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { getLineage } from './get-lineage.js'

export function mountLineageRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.getLineage, ({ request, params, query }) =>
    getLineage({
      ctx: contextOf(request),
      input: { ...query, ...params },
    }),
  )
}
