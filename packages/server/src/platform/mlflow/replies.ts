import { FabriqueError, fillTemplate } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { challenge } from '../http/challenge.js'
import type { ContextOf } from '../http/context-of.js'
import { logFailure, readOn, toFabriqueError } from '../http/problem-replies.js'
import type { Log } from '../logs/index.js'

/** HTTP status of each code of the protocol. */
const statusOf: Readonly<Record<string, number>> = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
}

/** Code for errors of the catalogue that name none. */
function codeForStatus(status: number): string {
  if (status === 404) return 'RESOURCE_DOES_NOT_EXIST'
  if (status === 403) return 'PERMISSION_DENIED'
  if (status < 500) return 'INVALID_PARAMETER_VALUE'
  return status === 503 ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR'
}

export interface MlflowFailure {
  readonly status: number
  readonly body: { readonly error_code: string; readonly message: string }
}

/** An error of the catalogue in the form of the protocol. A client's mistake is never a 5xx: clients repeat those. */
export function toMlflowFailure(error: FabriqueError): MlflowFailure {
  const { spec } = error
  const code = spec.mlflow ?? codeForStatus(spec.status)
  const message = spec.mlflowMessage === undefined ? error.message : fillTemplate(spec.mlflowMessage, error.params)
  const status = spec.status >= 500 || spec.status === 413 ? spec.status : (statusOf[code] ?? spec.status)
  return { status, body: { error_code: code, message } }
}

/** Answers every failure of the routes of a scope in the form of the protocol. */
export function answerMlflowErrors(scope: FastifyInstance, contextOf: ContextOf): void {
  scope.setErrorHandler((error: unknown, request, reply) =>
    sendMlflowFailure(error, request, reply, contextOf(request).log),
  )
}

const protocolPaths = /^\/(ajax-)?api\/[23]\.0\/mlflow(-artifacts)?([/?]|$)/

/** True for addresses below the prefixes of the protocol: all that is said there has its form. */
export function isMlflowAddress(url: string): boolean {
  return protocolPaths.test(url)
}

/** Answers one failure in the form of the protocol. */
export function sendMlflowFailure(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const known = toFabriqueError(error, request)
  const { status, body } = toMlflowFailure(known)
  // 501 is an answer that clients expect, not a failure.
  if (status !== 501) logFailure(log, known, request)
  challenge(known, request, reply)
  if (status === 503) reply.header('retry-after', '1')
  if (status === 413) readOn(request, reply)
  // A failed download may have set headers of the file already.
  reply.removeHeader('content-disposition').removeHeader('content-length')
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** The answer to a path that does not exist. */
export function endpointNotFound(request: FastifyRequest): FabriqueError {
  const path = request.url.split('?')[0] ?? request.url
  return new FabriqueError('route_not_found', { method: request.method, path })
}
