import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import { type ContextOf, compressed } from '../http/index.js'
import { endpointUrls, JsonText, type MlflowEndpoint } from './endpoint.js'
import { parseMlflowBody } from './json.js'
import { MlflowParams } from './params.js'
import { answerMlflowErrors, endpointNotFound } from './replies.js'

export interface MlflowMountOptions {
  readonly contextOf: ContextOf
}

const jsonType = /^application\/json\s*(;|$)/i

/** POST and PUT must say that they send JSON, as upstream demands; others are read whatever they say. */
function checkContentType(request: FastifyRequest): void {
  if (request.method !== 'POST' && request.method !== 'PUT') return
  const type = request.headers['content-type']
  if (type === undefined || !jsonType.test(type)) {
    throw new FabriqueError('unsupported_media_type', { type: type ?? '(none)' })
  }
}

/** Mounts endpoints at `/api/…` and `/ajax-api/…`, with the error replies and body rules of the protocol. */
export function mountMlflowEndpoints(
  app: FastifyInstance,
  endpoints: readonly MlflowEndpoint[],
  { contextOf }: MlflowMountOptions,
): void {
  app.register(async (scope) => {
    answerMlflowErrors(scope, contextOf)
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, async (request: FastifyRequest, text: string) => {
      checkContentType(request)
      return parseMlflowBody(text)
    })
    for (const endpoint of endpoints)
      for (const url of endpointUrls(endpoint)) mountOne(scope, endpoint, url, contextOf)
  })
}

function mountOne(scope: FastifyInstance, endpoint: MlflowEndpoint, url: string, contextOf: ContextOf): void {
  scope.route({
    method: endpoint.method,
    url,
    schema: { hide: true },
    ...(endpoint.access === undefined ? {} : { config: { access: endpoint.access } }),
    ...compressed,
    handler: async (request, reply) => {
      if (request.body === undefined) checkContentType(request)
      const sent = endpoint.method === 'GET' ? request.query : request.body
      const params = new MlflowParams({ ...(sent as object), ...(request.params as object) })
      const answer = await endpoint.handle({ ctx: contextOf(request), params, request, reply })
      const text = answer instanceof JsonText ? answer.text : JSON.stringify(answer)
      return reply.type('application/json; charset=utf-8').send(text)
    },
  })
}

/** Mounts routes that carry bytes: bodies of any type arrive as a stream in `request.body`, errors as the protocol has them. */
export function mountMlflowStreams(
  app: FastifyInstance,
  { contextOf }: MlflowMountOptions,
  mount: (scope: FastifyInstance) => void,
): void {
  app.register(async (scope) => {
    answerMlflowErrors(scope, contextOf)
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    // Whatever a client says of its bytes, also what is no media type, they are stored as they come.
    scope.addHook('onRequest', async ({ headers }) => {
      if (headers['content-type'] !== undefined) headers['content-type'] = 'application/octet-stream'
    })
    mount(scope)
  })
}

const prefixes = [
  '/api/2.0/mlflow',
  '/api/3.0/mlflow',
  '/ajax-api/2.0/mlflow',
  '/ajax-api/3.0/mlflow',
  '/api/2.0/mlflow-artifacts',
  '/ajax-api/2.0/mlflow-artifacts',
]
const methods: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Answers every other path below the prefixes of the protocol with ENDPOINT_NOT_FOUND. To be called once. */
export function answerUnknownMlflow(app: FastifyInstance, { contextOf }: MlflowMountOptions): void {
  mountMlflowStreams(app, { contextOf }, (scope) => {
    for (const url of prefixes.flatMap((prefix) => [prefix, `${prefix}/*`])) {
      scope.route({
        method: methods,
        url,
        schema: { hide: true },
        handler: async (request) => {
          throw endpointNotFound(request)
        },
      })
    }
  })
}
