import { type PredictReply, routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { mountRoute } from '../../platform/http/mount-route.js'
import { notePrediction } from '../../platform/http/request-facts.js'
import { type Actor, authorise, authoriseModel } from '../../platform/verbs/actor.js'
import { parseMultipart } from './form/parse-multipart.js'
import type { ModelServer, PredictRequester } from './model-server.js'
import { targetOf } from './protocols/model-target.js'
import { requestTimeout } from './request-timeout.js'
import type { ModelTarget } from './served-models.js'

export interface ServingRoutesOptions {
  readonly models: ModelServer
  readonly actorOf: (request: FastifyRequest) => Actor
  /** What answers, where it is not the server of models itself: traffic that is shared among versions. */
  readonly predict?: ModelServer['predict']
}

/** What an answer says besides its predictions. */
type Answerer = Pick<PredictReply, 'model' | 'version' | 'request_id' | 'prediction_id'>

export function mountServingRoutes(app: FastifyInstance, options: ServingRoutesOptions): void {
  const { models, actorOf, predict = models.predict } = options
  const answer = async (request: FastifyRequest, target: ModelTarget, body: unknown): Promise<PredictReply> => {
    const actor = actorOf(request)
    authoriseModel(actor, 'predictions.make', target.model)
    const found = await predict(target, body, requesterOf(request, actor))
    const { version, predictions, single, model, predictionId } = found
    notePrediction(request, model, version)
    const by: Answerer = { model, version, request_id: request.id }
    if (predictionId !== undefined) by.prediction_id = predictionId
    const [first] = predictions
    return single && first !== undefined ? { ...first, ...by } : { predictions: [...predictions], ...by }
  }
  const predicts = { ownParsing: true, predicts: true }
  app.register(async (scope) => {
    const bodyLimit = limit('serving.tensor_bytes_max')
    scope.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'buffer', bodyLimit },
      async ({ headers }: FastifyRequest, body: Buffer) => parseMultipart(body, headers['content-type'] ?? ''),
    )
    mountRoute(
      scope,
      routes.predictDefault,
      ({ request, body }) => {
        authorise(actorOf(request), 'predictions.make')
        return answer(request, { model: models.defaultModel() }, body)
      },
      predicts,
    )
    mountRoute(
      scope,
      routes.predict,
      ({ request, params, body }) => answer(request, targetOf(models, params.model), body),
      predicts,
    )
    mountRoute(
      scope,
      routes.predictVersion,
      ({ request, params, body }) => answer(request, { model: params.model, version: params.version }, body),
      predicts,
    )
  })
  mountRoute(app, routes.listEndpoints, async ({ request }) => {
    authorise(actorOf(request), 'endpoints.read')
    return { items: [...models.endpoints()] }
  })
}

function requesterOf(request: FastifyRequest, actor: Actor): PredictRequester {
  const { headers, id } = request
  const assignedBy = headers['x-assignment-key']
  return {
    requestId: id,
    actor: actor.id,
    bytes: Number(headers['content-length'] ?? 0),
    timeoutMs: requestTimeout(headers),
    ...(typeof assignedBy === 'string' ? { assignedBy } : {}),
  }
}
