import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { changeShares, endRollout } from './change-rollout.js'
import { getRollout, listRollouts } from './get-rollout.js'
import { startRollout } from './start-rollout.js'

export function mountRolloutRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listRollouts, ({ request, query }) => listRollouts({ ctx: contextOf(request), input: query }))
  mountRoute(app, routes.startRollout, ({ request, params, body }) =>
    startRollout({ ctx: contextOf(request), input: { model: params.model, request: body } }),
  )
  mountRoute(app, routes.getRollout, ({ request, params }) =>
    getRollout({ ctx: contextOf(request), input: { rollout: params.rollout } }),
  )
  mountRoute(app, routes.endRollout, ({ request, params, body }) =>
    endRollout({ ctx: contextOf(request), input: { ...body, rollout: params.rollout } }),
  )
  mountRoute(app, routes.changeShares, ({ request, params, body }) =>
    changeShares({ ctx: contextOf(request), input: { ...body, rollout: params.rollout } }),
  )
}
