import { FabriqueError, isFabriqueError, type Language, toProblem } from '@fabrique/contract'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { toDatabaseError } from '../database/database-error.js'
import type { Log } from '../logs/index.js'
import { challenge } from './challenge.js'
import { isLateRefusal } from './refuse-late.js'

/** The language a client asked for: French when it stands before English in `Accept-Language`. */
export function requestLanguage(request: Pick<FastifyRequest, 'headers'>): Language {
  const header = request.headers['accept-language'] ?? ''
  const french = header.search(/\bfr\b/i)
  const english = header.search(/\ben\b/i)
  return french >= 0 && (english < 0 || french < english) ? 'fr' : 'en'
}

interface ValidationIssue {
  readonly instancePath?: string
  readonly message?: string
}

function fieldOf(issue: ValidationIssue | undefined): string {
  return (issue?.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.')
}

/** The error of the catalogue for anything that a handler or the framework threw. */
export function toFabriqueError(thrown: unknown, request: Pick<FastifyRequest, 'headers'>): FabriqueError {
  // A verb says what a failure of the database means; a statement outside of one has only this place.
  const error = toDatabaseError(thrown)
  if (isFabriqueError(error)) return error
  // Only what a client sent goes deeper than any stack: lists within lists can be parsed, but not walked.
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new FabriqueError('invalid_request', { field: 'body', reason: 'it is nested too deep' }, { cause: error })
  }
  const framework = error as Partial<FastifyError>
  const issues = framework.validation as readonly ValidationIssue[] | undefined
  if (issues !== undefined) {
    const field = fieldOf(issues[0])
    const reason = (issues[0]?.message ?? 'invalid').replace(/^Invalid input: /, '')
    return new FabriqueError(
      'invalid_request',
      { field: field === '' ? (framework.validationContext ?? 'body') : field, reason },
      { field, cause: error },
    )
  }
  switch (framework.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new FabriqueError('body_too_large', { limit_bytes: limit('http.body_bytes_max') }, { cause: error })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new FabriqueError(
        'unsupported_media_type',
        { type: request.headers['content-type'] ?? '(none)' },
        { cause: error },
      )
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new FabriqueError('invalid_json', { reason: framework.message ?? '' }, { cause: error })
  }
  if (error instanceof SyntaxError && framework.statusCode === 400) {
    return new FabriqueError('invalid_json', { reason: error.message }, { cause: error })
  }
  if (framework.statusCode !== undefined && framework.statusCode >= 400 && framework.statusCode < 500) {
    return new FabriqueError('invalid_request', { field: 'request', reason: framework.message ?? '' }, { cause: error })
  }
  return new FabriqueError('internal_error', {}, { cause: error })
}

/** Answers every failure of the routes of a scope as problem+json; logs those that are not the client's fault. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: unknown, request, reply) => sendProblem(error, request, reply, log))
}

/** Answers one failure as problem+json. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const known = toFabriqueError(error, request)
  logFailure(log, known, request)
  challenge(known, request, reply)
  if (known.spec.status === 503) reply.header('retry-after', '1')
  if (known.code === 'body_too_large') readOn(request, reply)
  return reply.code(known.spec.status).type(problemType).send(problemText(known, request))
}

export const problemType = 'application/problem+json; charset=utf-8'

/** What a client is told of a failure. */
export function problemText(known: FabriqueError, request: Pick<FastifyRequest, 'id' | 'headers'>): string {
  return JSON.stringify(toProblem(known, request.id, requestLanguage(request)))
}

/**
 * Lets a client that is still sending finish, into nothing, so that it reads the reply instead of a broken connection.
 * Only up to ten times the limit; beyond, the connection is closed.
 */
export function readOn(request: FastifyRequest, reply: FastifyReply): void {
  const announced = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (announced > 10 * limit('http.body_bytes_max')) return
  reply.removeHeader('connection')
  request.raw.resume()
}

/** Writes what the client must not see: cause and stack of failures that are ours. */
export function logFailure(log: Log, error: FabriqueError, request: Pick<FastifyRequest, 'id'>): void {
  if (error.spec.status < 500) return
  const fields = { request_id: request.id, code: error.code, err: error.cause ?? error }
  if (error.code === 'internal_error') log.error(fields, error.message)
  // Thousands in a second: the line of the request has their status, and who refuses them tells of it now and then.
  else if (isLateRefusal(error)) log.debug(fields, error.message)
  else log.warn(fields, error.message)
}
