import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { answerFigures } from './answer-figures.js'
import { getPrediction, listPredictions } from './list-predictions.js'
import { recordFeedback } from './record-feedback.js'

/** Feedback alone, for processes that answer predictions only. */
export function mountFeedback(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.sendFeedback, ({ request, body }) =>
    recordFeedback({ ctx: contextOf(request), input: { items: 'items' in body ? body.items : [body] } }),
  )
}

export function mountPredictionRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listPredictions, ({ request, query }) =>
    listPredictions({ ctx: contextOf(request), input: query }),
  )
  mountRoute(app, routes.getPrediction, ({ request, params }) =>
    getPrediction({ ctx: contextOf(request), input: { prediction: params.prediction } }),
  )
  mountRoute(app, routes.getAnswerFigures, async ({ request, query }) => ({
    items: await answerFigures({ ctx: contextOf(request), input: query }),
  }))
}
