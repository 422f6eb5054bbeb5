import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { getBatch, listBatches, openRejected } from './get-batch.js'
import { startBatch } from './start-batch.js'

/** Answers of models to all rows of a snapshot. */
export function mountBatchRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.startBatch, ({ request, params, body }) =>
    startBatch({
      ctx: contextOf(request),
      input: { model: params.model, request: body, language: requestLanguage(request) },
    }),
  )
  mountRoute(app, routes.listBatches, ({ request, params, query }) =>
    listBatches({ ctx: contextOf(request), input: { ...query, ...params } }),
  )
  mountRoute(app, routes.getBatch, ({ request, params }) => getBatch({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.getRejectedRows, async ({ request, reply, params }) => {
    const content = await openRejected({ ctx: contextOf(request), input: params })
    const named = reply
      .type('application/x-ndjson')
      .header('content-disposition', `attachment; filename="${params.batch}.rejected.ndjson"`)
    return named.send(content ?? '')
  })
}
