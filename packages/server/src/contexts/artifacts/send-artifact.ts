import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VerbContext } from '../../platform/index.js'
import { attachmentHeader } from './model.js'
import { type AskedRange, findArtifact, rangeWithin } from './open-artifact.js'

interface Download {
  readonly ctx: VerbContext
  /** Complete path of the file. */
  readonly path: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** The one range of a `Range` header; several or none are answered with the whole file, as HTTP allows. */
export function parseRange(header: string | undefined): AskedRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, start = '', end = ''] = match
  if (start !== '') {
    if (end !== '' && Number(end) < Number(start)) return undefined
    return end === '' ? { start: Number(start) } : { start: Number(start), end: Number(end) }
  }
  return Number(end) > 0 ? { last: Number(end) } : undefined
}

/** True where the client says that it has this content already. */
export function isKnownTo(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}

/**
 * Answers a request with a file of the tree: streamed, saved by browsers and never shown, whole or the range asked for.
 * 304 where the client has it already, 416 where the range is outside. A HEAD reads nothing.
 */
export async function sendArtifact({ ctx, path, request, reply }: Download): Promise<FastifyReply> {
  const { sha256, bytes, contentType } = await findArtifact({ ctx, input: { path } })
  const etag = `"${sha256}"`
  reply
    .header('content-disposition', attachmentHeader(path))
    .header('x-content-type-options', 'nosniff')
    // Where a browser shows it all the same, it runs nothing and is of no origin.
    .header('content-security-policy', "sandbox; default-src 'none'")
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
  if (isKnownTo(request.headers['if-none-match'], etag)) return reply.code(304).send()
  const condition = request.headers['if-range']
  // A client that has a part of another content gets this one from the start.
  const asked = condition === undefined || condition === etag ? parseRange(request.headers.range) : undefined
  const range = asked === undefined ? undefined : rangeWithin(asked, bytes)
  if (asked !== undefined && range === undefined) {
    return reply.code(416).header('content-range', `bytes */${bytes}`).header('content-length', 0).send()
  }
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${bytes}`)
  const content = request.method === 'HEAD' ? Readable.from([]) : await ctx.blobs.open(sha256, range)
  const length = range === undefined ? bytes : range.end - range.start + 1
  return reply.header('content-length', length).type(contentType).send(content)
}
