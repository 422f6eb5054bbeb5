import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { listEstimators } from './list-estimators.js'
import { startTraining } from './start-training.js'

export function mountTrainingRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listEstimators, async ({ request }) => ({
    items: [...(await listEstimators({ ctx: contextOf(request), input: { language: requestLanguage(request) } }))],
  }))
  mountRoute(app, routes.startTraining, ({ request, params, body }) =>
    startTraining({
      ctx: contextOf(request),
      input: { project: params.project, request: body, language: requestLanguage(request) },
    }),
  )
}
