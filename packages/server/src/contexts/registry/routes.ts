import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { getModel, listModels } from './get-model.js'
import { getModelVersion } from './get-version.js'
import { deleteAlias, moveAlias } from './move-alias.js'

export function mountRegistryRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listModels, ({ request, query }) => listModels({ ctx: contextOf(request), input: query }))
  mountRoute(app, routes.getModel, ({ request, params }) => getModel({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.getModelVersion, ({ request, params }) =>
    getModelVersion({ ctx: contextOf(request), input: params }),
  )
  mountRoute(app, routes.moveAlias, ({ request, params, body }) =>
    moveAlias({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.deleteAlias, ({ request, params, body }) =>
    deleteAlias({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
}
