import { basename, isAbsolute } from 'node:path'
import { FabriqueError, routes, type Snapshot } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage, type VerbContext } from '../../../platform/index.js'
import { attachmentHeader, contentTypeOf, isKnownTo, parseRange, rangeWithin } from '../../artifacts/index.js'
import { startJob } from '../../jobs/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { findFile, listSnapshotFiles, openContent } from './read-collection.js'
import { recheckFiles } from './recheck-files.js'

export function mountFileRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listSnapshotFiles, ({ request, params, query }) =>
    listSnapshotFiles({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.downloadSnapshotFile, async ({ request, reply, params, query }) => {
    const ctx = contextOf(request)
    const snapshot = await getSnapshot({ ctx, input: params })
    return sendFile({ ctx, snapshot, path: query.path, request, reply })
  })
  mountRoute(app, routes.recheckFiles, async ({ request, params, body }) => {
    checkAbsolute(body.path)
    const unchanged = await recheckFiles({ ctx: contextOf(request), input: { ...params, path: body.path } })
    return unchanged === undefined ? {} : { unchanged }
  })
  mountRoute(app, routes.addFiles, ({ request, params, body }) => {
    checkAbsolute(body.path)
    return startJob({
      ctx: contextOf(request),
      input: {
        kind: 'data.add',
        project: params.project,
        subject: `datasets/${params.project}/${params.dataset}`,
        refuses_other_input: true,
        input: { project: params.project, dataset: params.dataset, path: body.path },
        reason: body.reason,
        language: requestLanguage(request),
      },
    })
  })
}

function checkAbsolute(path: string): void {
  if (isAbsolute(path)) return
  throw new FabriqueError('invalid_request', { field: 'path', reason: 'it must be absolute' }, { field: 'path' })
}

interface Download {
  readonly ctx: VerbContext
  readonly snapshot: Snapshot
  readonly path: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Raster images are shown in the page; anything else is a download. Nothing of it runs or has an origin. */
async function sendFile({ ctx, snapshot, path, request, reply }: Download): Promise<FastifyReply> {
  const file = await findFile(ctx, snapshot, path)
  const type = contentTypeOf(path)
  const isShown = /^image\/(?:png|jpeg|gif|webp|avif|bmp|tiff)$/.test(type)
  const etag = `"${file.sha256}"`
  reply
    .header('content-disposition', isShown ? 'inline' : attachmentHeader(basename(path)))
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "sandbox; default-src 'none'")
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, max-age=31536000, immutable')
    .header('etag', etag)
  if (isKnownTo(request.headers['if-none-match'], etag)) return reply.code(304).send()
  const condition = request.headers['if-range']
  const asked = condition === undefined || condition === etag ? parseRange(request.headers.range) : undefined
  const range = asked === undefined ? { start: 0, end: file.bytes - 1 } : rangeWithin(asked, file.bytes)
  if (range === undefined) {
    return reply.code(416).header('content-range', `bytes */${file.bytes}`).header('content-length', 0).send()
  }
  if (asked !== undefined) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`)
  }
  const content = await openContent(ctx, snapshot, file, range)
  return reply
    .header('content-length', range.end - range.start + 1)
    .type(type)
    .send(content)
}
