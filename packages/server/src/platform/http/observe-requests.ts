import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'
import type { HttpMetrics } from '../metrics/index.js'
import { keepFacts } from './request-facts.js'

/** Routes that machines call every few seconds: logged at debug level. */
const quiet = new Set(['/health', '/metrics', '/status', '/version', '/ping'])

/** What `fabrique up` calls itself while it follows the start: its own questions are not news. */
const ownUserAgent = 'fabrique-up'

function contentLength(value: unknown): number {
  const length = Number(value ?? 0)
  return Number.isFinite(length) ? length : 0
}

/** One answered request. */
interface AnsweredRequest {
  readonly id: string
  readonly method: string
  /** As it was declared; `none` where no route matched. */
  readonly route: string
  readonly url: string
  readonly status: number
  readonly durationMs: number
  readonly requestLength: unknown
  readonly responseLength: unknown
  readonly userAgent: string | undefined
  readonly actor: string | undefined
  readonly modelVersion: string | undefined
}

export interface ObserveParts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: HttpMetrics
}

/** Counts an answered request, and logs it in one line. */
export function tellRequest({ log, metrics }: ObserveParts, request: AnsweredRequest): void {
  const { id, method, route, status, durationMs, actor, modelVersion } = request
  metrics.observe({
    handler: route,
    method,
    status,
    durationSeconds: durationMs / 1000,
    requestBytes: contentLength(request.requestLength),
    responseBytes: contentLength(request.responseLength),
  })
  const fields = {
    request_id: id,
    method,
    route,
    path: route === 'none' ? request.url.slice(0, 200) : undefined,
    actor,
    model_version: modelVersion,
    status,
    duration_ms: Math.round(durationMs * 100) / 100,
  }
  if (quiet.has(route) || request.userAgent === ownUserAgent) log.debug(fields, 'request')
  else log.info(fields, 'request')
}

/** Tells that a client ended its connection before it was answered. */
export function tellGone({ log }: ObserveParts, id: string): void {
  log.debug({ request_id: id }, 'The client went away')
}

/** Logs each answered request once, with who asked and which model answered, and counts it. */
export function observeRequests(app: FastifyInstance, parts: ObserveParts): void {
  const { clock } = parts
  keepFacts(app)

  app.addHook('onRequest', (request, reply, done) => {
    request.facts = { startedAt: clock.monotonicMs() }
    reply.header('x-request-id', request.id)
    done()
  })

  const finish = (request: FastifyRequest, reply: FastifyReply) => {
    const { facts } = request
    if (facts === null) return
    request.facts = null
    const { startedAt, actor, modelVersion } = facts
    tellRequest(parts, {
      id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      url: request.url,
      status: reply.statusCode,
      durationMs: clock.monotonicMs() - startedAt,
      requestLength: request.headers['content-length'],
      responseLength: reply.getHeader('content-length'),
      userAgent: request.headers['user-agent'],
      actor,
      modelVersion,
    })
  }

  app.addHook('onResponse', (request, reply, done) => {
    finish(request, reply)
    done()
  })
  app.addHook('onRequestAbort', (request, done) => {
    tellGone(parts, request.id)
    done()
  })
}
