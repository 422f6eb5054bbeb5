import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { startIngest } from './ingest-job.js'
import { getIngest, listIngests } from './ingest-list.js'
import { listQuarantine, writeQuarantineCsv } from './quarantine.js'
import { uploadDataset } from './upload-dataset.js'

export function mountIngestRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.startIngest, ({ request, params, body }) =>
    startIngest({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listIngests, ({ request, params, query }) =>
    listIngests({ ctx: contextOf(request), input: { ...params, ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getIngest, ({ request, params }) =>
    getIngest({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listQuarantine, ({ request, params, query }) =>
    listQuarantine({ ctx: contextOf(request), input: { ...params, ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.downloadQuarantine, async ({ request, reply, params }) => {
    const ctx = contextOf(request)
    const target = join(ctx.blobs.stagingFolder, `${ctx.ids.prefixed('req')}.csv`)
    try {
      await writeQuarantineCsv({ ctx, input: { ...params, target, language: requestLanguage(request) } })
      const content = createReadStream(target)
      // Whoever reads it keeps it open; its name goes at once, or when the reader is done.
      content.once('close', () => void rm(target, { force: true }))
      return await reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="quarantine-${params.ingest}.csv"`)
        .send(content)
    } catch (error) {
      await rm(target, { force: true })
      throw error
    }
  })
  // Whatever a client says of its bytes, they are read as a file of that name.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.addHook('onRequest', async ({ headers }) => {
      headers['content-type'] = 'application/octet-stream'
    })
    mountRoute(scope, routes.uploadDataset, ({ request, params, query }) => {
      const announced = Number(request.headers['content-length'])
      return uploadDataset({
        ctx: contextOf(request),
        input: {
          ...params,
          file_name: query.file_name,
          content: request.body instanceof Readable ? request.body : Readable.from([]),
          ...(Number.isSafeInteger(announced) ? { bytes_announced: announced } : {}),
          language: requestLanguage(request),
        },
      })
    })
  })
}
