import type { IncomingMessage } from 'node:http'
import { FabriqueError, fabriqueVersion } from '@fabrique/contract'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import { type Clock, type Ids, limit } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'
import type { HttpMetrics } from '../metrics/index.js'
import { compressReplies } from './compress-replies.js'
import { checkHost } from './host-check.js'
import { parseBoundedJson } from './json-depth.js'
import { modelDocument } from './model-document.js'
import { observeRequests } from './observe-requests.js'
import { answerErrors, sendProblem } from './problem-replies.js'
import { keepActors, makePublic } from './request-actor.js'
import { secureReplies } from './secure-replies.js'

export interface HttpServerOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly metrics: HttpMetrics
  /** Host names this server answers to, besides loopback and the address it listens on; `*` allows any. */
  readonly allowedHosts: readonly string[]
  readonly bodyBytesMax?: number
  /** Proxies whose `X-Forwarded-*` headers are believed: addresses, networks, or `loopback`. */
  readonly trustedProxies?: readonly string[]
  /** Answers a request that no route can take, such as one whose address cannot be decoded; a problem when it answers not. */
  readonly answerBadRequest?: (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined
}

/** The ways to log in, for the Authorize of Swagger and for clients made of the document. */
const securitySchemes = {
  OAuth2PasswordBearer: { type: 'oauth2', flows: { password: { tokenUrl: '/token', scopes: {} } } },
  ApiKey: { type: 'http', scheme: 'bearer', description: 'An API key, or a token of POST /token' },
  ApiKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  Basic: {
    type: 'http',
    scheme: 'basic',
    description: 'A name with its password, or with an API key in the place of the password',
  },
  Session: { type: 'apiKey', in: 'cookie', name: 'fabrique_session' },
} as const

/**
 * An HTTP server with what every surface needs: request ids, the host check, limits, problem replies, metrics, one log
 * line for each request, and the OpenAPI document of the routes mounted later.
 */
export async function makeHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { trustedProxies = [] } = options
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyBytesMax ?? limit('http.body_bytes_max'),
    requestTimeout: limit('http.request_timeout_ms'),
    connectionTimeout: limit('http.silence_timeout_ms'),
    frameworkErrors: (error, request, reply) =>
      options.answerBadRequest?.(error, request, reply) ?? sendProblem(error, request, reply, options.log),
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    routerOptions: { maxParamLength: 2000, ignoreTrailingSlash: true },
    genReqId: (request) => requestIdOf(request, options.ids),
  })
  app.server.headersTimeout = limit('http.header_timeout_ms')
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  parseBoundedJson(app)
  keepActors(app)
  observeRequests(app, options)
  secureReplies(app, { isBehindProxy: trustedProxies.length > 0 })
  checkHost(app, options.allowedHosts)
  answerErrors(app, options.log)
  await compressReplies(app)

  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fabrique',
        version: fabriqueVersion,
        description:
          'Data, training, tracking, registry and predictions. Errors are application/problem+json with a stable code.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes },
      security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: createJsonSchemaTransformObject({}),
  })
  await app.register(async (scope) => {
    // It shows what this program can do, and nothing of what is in it.
    makePublic(scope)
    await scope.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      uiConfig: { displayRequestDuration: true, tryItOutEnabled: true },
      theme: { js: [{ filename: 'model.js', content: modelDocument }] },
    })
  })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger())
  return app
}

/** The id that a request brings, or a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>, ids: Ids): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : ids.prefixed('req')
}

/** Listens; throws `port_taken` or `address_not_available`. Returns the port, which differs from 0 when 0 was asked. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port, backlog: 1024 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EADDRINUSE') throw new FabriqueError('port_taken', { host, port }, { cause: error })
    if (['EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
      throw new FabriqueError('address_not_available', { host: `${host}:${port}`, reason: code }, { cause: error })
    }
    throw error
  }
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
