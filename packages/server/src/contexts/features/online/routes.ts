import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../../platform/index.js'
import { listChecks, startCheck } from './check-view.js'
import { featuresAt } from './features-at.js'
import { getOnlineFeaturesText } from './get-online-features.js'
import { listMaterializations } from './list-materializations.js'
import type { OnlineStore } from './model.js'
import type { OnlineFeatures } from './online-features.js'
import { pushFeatures } from './push-features.js'
import type { RowConditionOf } from './push-offline.js'
import { startMaterialize } from './start-materialize.js'
import { listFeatureStatistics } from './view-statistics.js'

export interface OnlineParts {
  readonly store: OnlineStore
  readonly features: OnlineFeatures
  /** Tells the rows of a push that break an expectation of their data set. */
  readonly rowCondition?: RowConditionOf
}

/** Reads by key alone, for servers that answer predictions only. */
export function mountOnlineReads(
  app: FastifyInstance,
  contextOf: ContextOf,
  { features }: Pick<OnlineParts, 'features'>,
): void {
  mountRoute(
    app,
    routes.getOnlineFeatures,
    async ({ request, reply, params, body }) => {
      const { project } = params
      // As text: what was just made need not be held against its schema.
      const found = await getOnlineFeaturesText(contextOf(request), features, { project, body })
      return reply.type('application/json; charset=utf-8').send(found)
    },
    { ownParsing: true },
  )
}

/** What concerns values by key. */
export function mountOnlineRoutes(app: FastifyInstance, contextOf: ContextOf, parts: OnlineParts): void {
  const { store, features, rowCondition: row_condition } = parts
  mountOnlineReads(app, contextOf, parts)
  mountRoute(app, routes.getFeaturesAt, ({ request, params, body }) =>
    featuresAt({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.pushFeatures, async ({ request, params, body }) => {
    const input = { ...params, request: body, store, row_condition }
    const reply = await pushFeatures({ ctx: contextOf(request), input })
    features.forgetPlans()
    return reply
  })
  mountRoute(app, routes.startMaterialize, ({ request, params, body }) =>
    startMaterialize({
      ctx: contextOf(request),
      input: { ...params, request: body, language: requestLanguage(request) },
    }),
  )
  mountRoute(app, routes.checkFeatures, ({ request, params, body }) =>
    startCheck({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listFeatureChecks, ({ request, params, query }) =>
    listChecks({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.listFeatureStatistics, ({ request, params, query }) =>
    listFeatureStatistics({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.listMaterializations, ({ request, params, query }) =>
    listMaterializations({
      ctx: contextOf(request),
      input: { ...params, ...query, language: requestLanguage(request) },
    }),
  )
}
