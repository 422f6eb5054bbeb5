import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, toProblem } from '@fabrique/contract'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { type EventPosition, makePublic, requestLanguage } from '../../platform/index.js'
import { isMlflowAddress, toMlflowFailure } from '../../platform/mlflow/index.js'

const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'self'"

/** The head of the page, where the place in the events is written. */
const positionMark = '<meta name="fabrique-events" content=""'

export interface PagesOptions {
  /** The built pages; undefined where there are none. */
  readonly folder: string | undefined
  /** Where the events are: the page follows them from there, so that it misses none after what it loads. */
  readonly position: () => EventPosition | undefined
}

/**
 * Serves the built pages. An unknown address that a browser asks for is a page of the application, which finds its own
 * way; anything else unknown is a `route_not_found`.
 */
export async function mountPages(app: FastifyInstance, { folder, position }: PagesOptions): Promise<void> {
  const page = folder === undefined ? undefined : await readFile(join(folder, 'index.html'), 'utf8')
  if (folder !== undefined) {
    await app.register(async (scope) => {
      // The page with which one logs in is made of these files, and they hold nothing of anybody.
      makePublic(scope)
      await scope.register(fastifyStatic, {
        root: folder,
        wildcard: false,
        index: false,
        preCompressed: false,
        setHeaders: (reply, path) => {
          // Built files carry the hash of their content in their name.
          if (path.includes('/assets/')) reply.header('cache-control', 'public, max-age=31536000, immutable')
        },
      })
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      (request.method === 'GET' || request.method === 'HEAD') && request.headers.accept?.includes('text/html') === true
    if (page !== undefined && wantsPage) {
      return reply
        .header('content-security-policy', contentSecurityPolicy)
        .header('referrer-policy', 'same-origin')
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(page.replace(positionMark, positionMark.replace('""', `"${position() ?? ''}"`)))
    }
    const error = new FabriqueError('route_not_found', { method: request.method, path: request.url.slice(0, 200) })
    if (isMlflowAddress(request.url)) {
      const { status, body } = toMlflowFailure(error)
      return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
    }
    return reply
      .code(404)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(toProblem(error, request.id, requestLanguage(request))))
  })
}
