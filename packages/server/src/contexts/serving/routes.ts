import { routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { mountRoute } from '../../platform/http/mount-route.js'
import { notePrediction } from '../../platform/http/request-facts.js'
import { type Actor, authorise } from '../../platform/verbs/actor.js'
import { predictAnswerer } from './answer-predict.js'
import { parseMultipart } from './form/parse-multipart.js'
import type { ModelServer } from './model-server.js'
import { targetOf } from './protocols/model-target.js'
import { turnEnd } from './runtime/turn-end.js'
import type { ModelTarget } from './served-models.js'

export interface ServingRoutesOptions {
  readonly models: ModelServer
  readonly actorOf: (request: FastifyRequest) => Actor
  /** What answers, where it is not the server of models itself: traffic that is shared among versions. */
  readonly traffic?: Pick<ModelServer, 'predict' | 'predictNow'>
}

interface Call {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly body: unknown
}

export function mountServingRoutes(app: FastifyInstance, options: ServingRoutesOptions): void {
  const { models, actorOf, traffic = models } = options
  const answer = predictAnswerer(traffic)
  const send = async ({ request, reply, body }: Call, target: ModelTarget): Promise<FastifyReply> => {
    const { id, headers } = request
    const found = answer({ id, headers, actor: actorOf(request), body }, target)
    // What is found at once leaves with what this turn of the event loop finds besides.
    if (!(found instanceof Promise)) await turnEnd()
    const { text, model, version } = await found
    notePrediction(request, model, version)
    return reply.type('application/json; charset=utf-8').send(text)
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
      async (call) => {
        authorise(actorOf(call.request), 'predictions.make')
        return send(call, { model: models.defaultModel() })
      },
      predicts,
    )
    mountRoute(scope, routes.predict, async (call) => send(call, targetOf(models, call.params.model)), predicts)
    mountRoute(
      scope,
      routes.predictVersion,
      async (call) => send(call, { model: call.params.model, version: call.params.version }),
      predicts,
    )
  })
  mountRoute(app, routes.listEndpoints, async ({ request }) => {
    authorise(actorOf(request), 'endpoints.read')
    return { items: [...models.endpoints()] }
  })
}
