import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { FabriqueError, fabriqueVersion } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import {
  allowedAddresses,
  DownloadBroken,
  HostRefused,
  hostOf,
  isPublicAddress,
  pinnedLookup,
} from '../../../platform/index.js'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as a bearer token to the origin of `url`, and to no other that it leads to. */
  readonly token: string | undefined
  allowsPrivate(url: URL): boolean
  readonly signal: AbortSignal
  /** How the source is called in errors. */
  readonly names: { readonly path: string; readonly dataset: string }
}

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly message: IncomingMessage
}

/**
 * Sends a request and follows redirects, a bounded number. Each hop is resolved, checked and connected to as it was checked. The reply
 * has its headers and its body is still to come.
 * Errors: `source_address_private`; `DownloadBroken` (then `source_unavailable`) for what may be tried again.
 */
export async function requestSource(request: HttpRequest): Promise<HttpReply> {
  const first = new URL(request.url)
  let url = first
  for (let hop = 0; ; hop += 1) {
    const reply = await requestOnce(request, url, first)
    const { location } = reply.headers
    if (![301, 302, 303, 307, 308].includes(reply.status) || location === undefined) return reply
    reply.message.destroy()
    if (hop >= limit('sources.redirects_max')) {
      throw unavailable(request.names, `it redirects more than ${limit('sources.redirects_max')} times`)
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    if (next === undefined || !/^https?:$/.test(next.protocol)) {
      throw unavailable(request.names, 'it redirects to what is no address of the web')
    }
    if (url.protocol === 'https:' && next.protocol === 'http:') {
      throw unavailable(request.names, `it redirects from https to plain http, at ${next.host}`)
    }
    url = next
  }
}

async function requestOnce(request: HttpRequest, url: URL, first: URL): Promise<HttpReply> {
  const { signal, names } = request
  const allowPrivate = request.allowsPrivate(url)
  const addresses = await addressesOf(request, url, allowPrivate)
  const headers = {
    ...request.headers,
    'user-agent': `fabrique/${fabriqueVersion}`,
    // A compressed reply would have another size, tag and hash than the file.
    'accept-encoding': 'identity',
    accept: '*/*',
    ...(request.token === undefined || url.origin !== first.origin ? {} : { authorization: `Bearer ${request.token}` }),
  }
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  // A connection of its own: a kept one could have been made to an address that is not allowed any more.
  const options = { method: request.method, headers, agent: false, lookup: pinnedLookup(addresses), signal } as const
  try {
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = send(url, options, resolve)
      sent.on('error', reject)
      sent.setTimeout(limit('sources.silence_timeout_ms'), () => {
        sent.destroy(new Error(`no byte came for ${limit('sources.silence_timeout_ms') / 1000} s`))
      })
      sent.on('socket', (socket) => {
        const deadline = setTimeout(
          () => sent.destroy(new Error('the connection takes too long')),
          limit('sources.connect_timeout_ms'),
        )
        deadline.unref()
        socket.once('close', () => clearTimeout(deadline))
        socket.once('connect', () => {
          clearTimeout(deadline)
          // The last word has what the socket is connected to.
          const { remoteAddress } = socket
          if (allowPrivate || (remoteAddress !== undefined && isPublicAddress(remoteAddress))) return
          sent.destroy(refused(names.path, remoteAddress ?? 'an unknown address'))
        })
      })
      sent.end()
    })
    return { status: message.statusCode ?? 0, headers: message.headers, message }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error instanceof FabriqueError ? error : new DownloadBroken(error, (reason) => unavailable(names, reason))
  }
}

async function addressesOf({ names, signal }: HttpRequest, url: URL, allowPrivate: boolean) {
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(limit('sources.connect_timeout_ms'))])
    return await Promise.race([allowedAddresses({ allowPrivate }, hostOf(url)), abortOf(deadline)])
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof HostRefused && error.address !== undefined) throw refused(names.path, error.address)
    throw new DownloadBroken(error, (reason) => unavailable(names, reason))
  }
}

/** Fails when the signal does: a resolver cannot be interrupted, only left alone. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function refused(url: string, address: string): FabriqueError {
  return new FabriqueError('source_address_private', { url, address })
}

export function unavailable({ path }: { readonly path: string }, reason: string): FabriqueError {
  return new FabriqueError('source_unavailable', { path, reason })
}
