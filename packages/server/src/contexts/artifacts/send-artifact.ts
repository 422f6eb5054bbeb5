import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VerbContext } from '../../platform/index.js'
import { attachmentHeader } from './model.js'
import { type OpenedArtifact, openArtifact } from './open-artifact.js'

interface Download {
  readonly ctx: VerbContext
  /** Complete path of the file. */
  readonly path: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

type AskedRange = { readonly start: number; readonly end?: number } | { readonly last: number }

/** The one range of a `Range` header; several or none are answered with the whole file, as HTTP allows. */
export function parseRange(header: string | undefined): AskedRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, start = '', end = ''] = match
  if (start !== '') return end === '' ? { start: Number(start) } : { start: Number(start), end: Number(end) }
  return Number(end) > 0 ? { last: Number(end) } : undefined
}

/** Answers a request with a file of the tree: streamed, saved by browsers and never shown, whole or the range asked for. */
export async function sendArtifact({ ctx, path, request, reply }: Download): Promise<FastifyReply> {
  const range = parseRange(request.headers.range)
  const condition = request.headers['if-range']
  let artifact = await openArtifact({ ctx, input: { path, ...(range === undefined ? {} : { range }) } })
  if (artifact.range !== undefined && condition !== undefined && condition !== etagOf(artifact)) {
    // The client has a part of another content: it gets this one from the start.
    artifact.content.destroy()
    artifact = await openArtifact({ ctx, input: { path } })
  }
  reply
    .header('content-disposition', attachmentHeader(path))
    .header('x-content-type-options', 'nosniff')
    .header('accept-ranges', 'bytes')
    .header('etag', etagOf(artifact))
    .header('content-length', lengthOf(artifact))
    .type(artifact.contentType)
  if (artifact.range !== undefined) {
    const { start, end } = artifact.range
    reply.code(206).header('content-range', `bytes ${start}-${end}/${artifact.bytes}`)
  }
  return reply.send(artifact.content)
}

function etagOf({ sha256 }: OpenedArtifact): string {
  return `"${sha256}"`
}

function lengthOf({ range, bytes }: OpenedArtifact): number {
  return range === undefined ? bytes : range.end - range.start + 1
}
