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

/** Logs each answered request once, with who asked and which model answered, and counts it. */
export function observeRequests(
  app: FastifyInstance,
  { clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: HttpMetrics },
): void {
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
    const durationMs = clock.monotonicMs() - startedAt
    const route = request.routeOptions.url ?? 'none'
    metrics.observe({
      handler: route,
      method: request.method,
      status: reply.statusCode,
      durationSeconds: durationMs / 1000,
      requestBytes: contentLength(request.headers['content-length']),
      responseBytes: contentLength(reply.getHeader('content-length')),
    })
    const fields = {
      request_id: request.id,
      method: request.method,
      route,
      path: route === 'none' ? request.url.slice(0, 200) : undefined,
      actor,
      model_version: modelVersion,
      status: reply.statusCode,
      duration_ms: Math.round(durationMs * 100) / 100,
    }
    if (quiet.has(route) || request.headers['user-agent'] === ownUserAgent) log.debug(fields, 'request')
    else log.info(fields, 'request')
  }

  app.addHook('onResponse', (request, reply, done) => {
    finish(request, reply)
    done()
  })
  app.addHook('onRequestAbort', (request, done) => {
    log.debug({ request_id: request.id }, 'The client went away')
    done()
  })
}
