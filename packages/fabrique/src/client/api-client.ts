import { FabriqueError, fabriqueVersion, type PathParams, type Route, routePath } from '@fabrique/contract/client'
import type { z } from 'zod'
import { authorization } from './api-key.js'

export interface ApiClientOptions {
  /** Address of the server, as `http://127.0.0.1:8000`. */
  readonly url: string
  /** An API key or a token; that of `FABRIQUE_API_KEY` by default. */
  readonly apiKey?: string
  /** Language of messages; English by default. */
  readonly language?: 'en' | 'fr'
  /** Milliseconds to wait for a reply; 30,000 by default. */
  readonly timeoutMs?: number
  /** How the client names itself to the server. */
  readonly userAgent?: string
}

interface CallInput<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params?: PathParams<Path>
  readonly query?: z.input<Query>
  readonly body?: z.input<Body>
}

interface UploadInput<Path extends string, Query extends z.ZodType> {
  readonly params: PathParams<Path>
  readonly query?: z.input<Query>
  /** Sent as it is read; a stream is read once. */
  readonly content: Blob | ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>
  /** Size of a stream, so that one that is too large is refused before it is sent. */
  readonly bytes?: number
}

/** Calls routes of the contract; throws the error that the server answered, or `server_not_running`. */
export interface ApiClient {
  /** Address of the server, without a slash at its end. */
  readonly url: string
  call<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
    route: Route<Path, Query, Body, Reply>,
    input?: CallInput<Path, Query, Body>,
  ): Promise<z.output<Reply>>
  /** Calls a route whose body is bytes. It takes as long as the bytes need. */
  upload<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
    route: Route<Path, Query, Body, Reply>,
    input: UploadInput<Path, Query>,
  ): Promise<z.output<Reply>>
}

/** A client of Fabrique's own API. */
export function apiClient(options: ApiClientOptions): ApiClient {
  const base = options.url.replace(/\/+$/, '')
  const addressOf = (route: { readonly path: string }, params: object, query: object) => {
    const address = new URL(base + routePath(route, params as never))
    for (const [key, value] of Object.entries(query)) {
      // A list is the same name several times.
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined) address.searchParams.append(key, String(one))
      }
    }
    return address
  }
  const documentOf = async (reply: Response): Promise<never> => {
    const document: unknown = await reply.json().catch(() => undefined)
    if (reply.ok) return document as never
    throw await toError(document, reply.status, base)
  }
  return {
    url: base,
    async call(route, { params = {}, query = {}, body } = {}) {
      const sent =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const signal = AbortSignal.timeout(options.timeoutMs ?? 30_000)
      const init = { method: route.method, ...sent, signal }
      return documentOf(await send(addressOf(route, params, query ?? {}), init, options))
    },
    async upload(route, { params, query = {}, content, bytes }) {
      // A stream as a body is sent before the reply begins to come, which has to be said.
      const streams = content instanceof ReadableStream ? { duplex: 'half' as const } : {}
      const headers = {
        'content-type': 'application/octet-stream',
        ...(bytes === undefined ? {} : { 'content-length': String(bytes) }),
      }
      const init = { method: route.method, body: content, headers, ...streams }
      return documentOf(await send(addressOf(route, params, query ?? {}), init, options))
    },
  }
}

async function send(
  address: URL,
  init: RequestInit & { readonly headers?: Readonly<Record<string, string>> },
  options: ApiClientOptions,
): Promise<Response> {
  try {
    return await fetch(address, {
      ...init,
      headers: {
        accept: 'application/json',
        'accept-language': options.language ?? 'en',
        'user-agent': options.userAgent ?? `fabrique/${fabriqueVersion}`,
        ...authorization(options.apiKey),
        ...init.headers,
      },
    })
  } catch (error) {
    throw new FabriqueError('server_not_running', { address: address.origin }, { cause: error })
  }
}

/** The error that a server answered with. */
export async function toError(document: unknown, status: number, address: string): Promise<FabriqueError> {
  const { Problem } = await import('@fabrique/contract')
  const problem = Problem.safeParse(document)
  if (!problem.success) {
    return new FabriqueError('server_not_running', { address: `${address} (another program answered with ${status})` })
  }
  const { code, params, field } = problem.data
  return new FabriqueError(code, params as never, field === undefined ? {} : { field })
}
