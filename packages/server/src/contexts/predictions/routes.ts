import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { answerFigures } from './answer-figures.js'
import { compactPredictions, listPredictionData } from './compaction/compact-predictions.js'
import { getPrediction, listPredictions } from './list-predictions.js'
import { recordFeedback } from './record-feedback.js'

/** Feedback alone, for processes that answer predictions only. */
export function mountFeedback(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.sendFeedback, ({ request, body }) =>
    recordFeedback({ ctx: contextOf(request), input: 'items' in body ? body : { items: [body] } }),
  )
}

export function mountPredictionRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listPredictions, ({ request, query }) =>
    listPredictions({ ctx: contextOf(request), input: query }),
  )
  mountRoute(app, routes.getPrediction, ({ request, params }) =>
    getPrediction({ ctx: contextOf(request), input: { prediction: params.prediction } }),
  )
  mountRoute(app, routes.listPredictionData, ({ request, query }) =>
    listPredictionData({ ctx: contextOf(request), input: query }),
  )
  mountRoute(app, routes.compactPredictions, ({ request, body }) =>
    compactPredictions({ ctx: contextOf(request), input: { ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getAnswerFigures, async ({ request, query }) => ({
    items: await answerFigures({ ctx: contextOf(request), input: query }),
  }))
}
