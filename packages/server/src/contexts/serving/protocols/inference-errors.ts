import { errorMessage, FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { challenge } from '../../../platform/http/challenge.js'
import { logFailure, readOn, requestLanguage, toFabriqueError } from '../../../platform/http/problem-replies.js'
import type { Log } from '../../../platform/logs/index.js'

/** True for addresses of the Open Inference Protocol and of TensorFlow Serving: all that is said there has their form. */
export function isInferenceAddress(url: string): boolean {
  return /^\/v[12]([/?]|$)/.test(url)
}

/** Answers a failure as these protocols have it: `{"error": "code: message"}` alone. */
export function sendInferenceError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const known = toFabriqueError(error, request)
  const { status } = known.spec
  logFailure(log, known, request)
  challenge(known, request, reply)
  if (status === 503) reply.header('retry-after', '1')
  if (status === 413) readOn(request, reply)
  const message = `${known.code}: ${errorMessage(known, requestLanguage(request))}`
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: message }))
}

/** Answers every failure of the routes of a scope in this form. */
export function answerInferenceErrors(scope: FastifyInstance, log: Log): void {
  scope.setErrorHandler((error: unknown, request, reply) => sendInferenceError(error, request, reply, log))
}

/** Answers every other path below a prefix in the form of its protocol. */
export function answerUnknownPaths(scope: FastifyInstance, prefix: string): void {
  scope.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: `${prefix}/*`,
    schema: { hide: true },
    handler: async ({ method, url }) => {
      throw new FabriqueError('route_not_found', { method, path: url.split('?')[0] ?? url })
    },
  })
}
