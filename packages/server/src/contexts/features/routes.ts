import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { startHistorical } from './history/start-historical.js'
import { applyFeatures } from './registry/apply-features.js'
import {
  getEntity,
  getFeatureView,
  listEntities,
  listFeatureServices,
  listFeatureViews,
} from './registry/list-features.js'
import { planFeatures } from './registry/plan-features.js'

/** What is declared of features, and training sets by point in time. */
export function mountFeatureRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.planFeatures, ({ request, params, body }) =>
    planFeatures({ ctx: contextOf(request), input: { ...params, declarations: body } }),
  )
  mountRoute(app, routes.applyFeatures, ({ request, params, body }) =>
    applyFeatures({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.listEntities, ({ request, params, query }) =>
    listEntities({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getEntity, ({ request, params }) => getEntity({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.listFeatureViews, ({ request, params, query }) =>
    listFeatureViews({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getFeatureView, ({ request, params, query }) =>
    getFeatureView({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.listFeatureServices, ({ request, params, query }) =>
    listFeatureServices({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.startHistorical, ({ request, params, body }) =>
    startHistorical({
      ctx: contextOf(request),
      input: { ...params, request: body, language: requestLanguage(request) },
    }),
  )
}
