import { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { MlflowParams, missingValue, parseMlflowBody } from '../../platform/mlflow/index.js'

/** What follows the prefix of a route, decoded exactly once: names may hold `+` and literal `%`. */
export function pathAfter(prefix: string, request: FastifyRequest): string {
  const [address = ''] = request.url.split('?')
  const encoded = address.startsWith(prefix) ? address.slice(prefix.length) : ''
  try {
    return decodeURIComponent(encoded)
  } catch (error) {
    throw new FabriqueError('artifact_path_invalid', { path: encoded.slice(0, 200) }, { cause: error, field: 'path' })
  }
}

export function queryText(request: FastifyRequest, ...names: readonly string[]): string | undefined {
  const query = request.query as Readonly<Record<string, string | string[]>>
  for (const name of names) {
    const value = query[name]
    const text = Array.isArray(value) ? value[0] : value
    if (text !== undefined && text !== '') return text
  }
  return undefined
}

/** Throws `mlflow_missing_parameter`. */
export function requiredQuery(request: FastifyRequest, ...names: readonly [string, ...string[]]): string {
  const text = queryText(request, ...names)
  if (text === undefined) throw missingValue(names[0])
  return text
}

/** The body of a request as it arrives. */
export function contentOf(request: FastifyRequest): Readable | Uint8Array {
  return request.body instanceof Readable ? request.body : new Uint8Array()
}

/** A small body, whole. Throws `body_too_large`, `invalid_request` for one that ends early. */
export async function bytesOf(request: FastifyRequest, bytesMax: number): Promise<Buffer> {
  const content = contentOf(request)
  if (!(content instanceof Readable)) return Buffer.from(content)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    // The connection stays open for the reply, so the stream is not destroyed when the loop is left early.
    for await (const chunk of content.iterator({ destroyOnReturn: false })) {
      const part = Buffer.from(chunk as Uint8Array)
      bytes += part.length
      if (bytes > bytesMax) throw new FabriqueError('body_too_large', { limit_bytes: bytesMax })
      chunks.push(part)
    }
  } catch (error) {
    if (error instanceof FabriqueError) throw error
    throw new FabriqueError('invalid_request', { field: 'body', reason: 'it ended early' }, { cause: error })
  }
  return Buffer.concat(chunks)
}

/** The parameters in the JSON body of a route that otherwise carries bytes. */
export async function bodyParams(request: FastifyRequest): Promise<MlflowParams> {
  return new MlflowParams(parseMlflowBody((await bytesOf(request, limit('http.body_bytes_max'))).toString('utf8')))
}

/**
 * The address of this server as the client wrote it: addresses that it is told to call next must reach the same place. The
 * host was checked; behind a proxy that ends TLS the scheme stands in a header.
 */
export function addressOf(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-proto']
  const scheme = forwarded === 'https' || forwarded === 'http' ? forwarded : request.protocol
  return `${scheme}://${request.headers.host ?? ''}`
}

/** Routes that are not in the OpenAPI document: they are those of the MLflow protocol. */
export const hidden = { schema: { hide: true } }

/** The same without a login: their addresses cannot be guessed, and clients send no credentials there. */
export const hiddenLink = { ...hidden, config: { access: 'public' } } as const

/** The same for whoever may write artifacts, before anything is read. */
export const hiddenWrite = { ...hidden, config: { access: 'artifacts.write' } } as const
