import { FabriqueError, fabriqueVersion, type PathParams, type Route, routePath } from '@fabrique/contract/client'
import type { z } from 'zod'

export interface ApiClientOptions {
  /** Address of the server, as `http://127.0.0.1:8000`. */
  readonly url: string
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

/** Calls routes of the contract; throws the error that the server answered, or `server_not_running`. */
export interface ApiClient {
  /** Address of the server, without a slash at its end. */
  readonly url: string
  call<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
    route: Route<Path, Query, Body, Reply>,
    input?: CallInput<Path, Query, Body>,
  ): Promise<z.output<Reply>>
}

/** A client of Fabrique's own API. */
export function apiClient(options: ApiClientOptions): ApiClient {
  const base = options.url.replace(/\/+$/, '')
  return {
    url: base,
    async call(route, input = {}) {
      const address = new URL(base + routePath(route, (input.params ?? {}) as never))
      for (const [key, value] of Object.entries(input.query ?? {})) {
        if (value !== undefined) address.searchParams.set(key, String(value))
      }
      const reply = await send(address, route.method, input.body, options)
      const document: unknown = await reply.json().catch(() => undefined)
      if (reply.ok) return document as never
      throw await toError(document, reply.status, base)
    },
  }
}

async function send(address: URL, method: string, body: unknown, options: ApiClientOptions): Promise<Response> {
  try {
    return await fetch(address, {
      method,
      headers: {
        accept: 'application/json',
        'accept-language': options.language ?? 'en',
        'user-agent': options.userAgent ?? `fabrique/${fabriqueVersion}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
    })
  } catch (error) {
    throw new FabriqueError('server_not_running', { address: address.origin }, { cause: error })
  }
}

async function toError(document: unknown, status: number, address: string): Promise<FabriqueError> {
  const { Problem } = await import('@fabrique/contract')
  const problem = Problem.safeParse(document)
  if (!problem.success) {
    return new FabriqueError('server_not_running', { address: `${address} (another program answered with ${status})` })
  }
  const { code, params, field } = problem.data
  return new FabriqueError(code, params as never, field === undefined ? {} : { field })
}
