import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { authoriseModel, type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { compareModels } from './compare-models.js'
import type { PredictionExplainer } from './explain-prediction.js'
import type { ExplainerLine } from './explainer-line.js'
import { getExplanation, listExplanations } from './get-explanation.js'
import { startExplanation } from './start-explanation.js'

/** What is found out about a model as a whole. */
export function mountExplanationRoutes(app: FastifyInstance, contextOf: ContextOf, comparisons: ExplainerLine): void {
  mountRoute(app, routes.startExplanation, ({ request, body }) =>
    startExplanation({ ctx: contextOf(request), input: { request: body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listExplanations, ({ request, query }) =>
    listExplanations({ ctx: contextOf(request), input: query }),
  )
  mountRoute(app, routes.getExplanation, ({ request, params }) =>
    getExplanation({ ctx: contextOf(request), input: params }),
  )
  mountRoute(app, routes.compareModels, ({ request, body }) =>
    compareModels({ ctx: contextOf(request), input: { request: body, line: comparisons } }),
  )
}

/** Why a model says what it says of one row, beside its predictions. */
export function mountPredictionExplanations(
  app: FastifyInstance,
  contextOf: ContextOf,
  explainer: PredictionExplainer,
): void {
  mountRoute(
    app,
    routes.explainPrediction,
    async ({ request, params, query, body }) => {
      const ctx = contextOf(request)
      authoriseModel(ctx.actor, 'predictions.make', params.model)
      const { alias, class: className } = queryOf(query)
      const explained = await explainer.explain({ model: params.model, alias, className, body })
      return { ...explained, request_id: request.id }
    },
    { ownParsing: true, predicts: true, isApart: true },
  )
}

/** The request is not parsed by its schemas; a name that comes twice in the address is none. */
function queryOf(query: Readonly<Record<string, unknown>>): { alias: string | undefined; class: string | undefined } {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  return { alias: text(query.alias), class: text(query.class) }
}
