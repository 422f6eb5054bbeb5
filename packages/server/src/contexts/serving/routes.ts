import { type PredictReply, routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { authorise, type ContextOf, mountRoute, type VerbContext } from '../../platform/index.js'
import type { ModelServer } from './model-server.js'

export function mountServingRoutes(app: FastifyInstance, contextOf: ContextOf, server: ModelServer): void {
  const answer = async (
    ctx: VerbContext,
    model: () => string,
    body: unknown,
    requestId: string,
  ): Promise<PredictReply> => {
    authorise(ctx.actor, 'predictions.make')
    const { version, predictions, single, model: name } = await server.predict(model(), body)
    const by = { model: name, version, request_id: requestId }
    const [first] = predictions
    return single && first !== undefined ? { ...first, ...by } : { predictions: [...predictions], ...by }
  }
  mountRoute(
    app,
    routes.predictDefault,
    ({ request, body }) => answer(contextOf(request), server.defaultModel, body, request.id),
    { ownParsing: true },
  )
  mountRoute(
    app,
    routes.predict,
    ({ request, params, body }) => answer(contextOf(request), () => params.model, body, request.id),
    { ownParsing: true },
  )
  mountRoute(app, routes.listEndpoints, async ({ request }) => {
    authorise(contextOf(request).actor, 'endpoints.read')
    return { items: [...server.endpoints()] }
  })
}
