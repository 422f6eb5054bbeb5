import type { IncomingMessage } from 'node:http'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i

/** The host name of a `Host` header or an origin, without its port. */
function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '')
}

type Asked = Pick<IncomingMessage, 'headers' | 'method'>

/**
 * Refuses names this server is not known by: a page elsewhere could otherwise reach it through a name of its own that
 * points to this machine (DNS rebinding). Refuses state changes sent by pages of other origins for the same reason.
 */
export function checkHost(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const refusal = hostRefusal(allowedHosts)
  app.addHook('onRequest', (request, _reply, done) => done(refusal(request)))
}

/** Why a request is refused for the name that it came by, or for the page that sent it. */
export function hostRefusal(allowedHosts: readonly string[]): (request: Asked) => FabriqueError | undefined {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()))
  const isNamed = (host: string) => allowed.has(host.toLowerCase())
  const isLoopback = (host: string) => loopback.test(withoutPort(host))
  const isAllowed = (host: string) =>
    isLoopback(host) || isNamed(host) || isNamed(withoutPort(host)) || allowed.has('*')
  /** Most requests come by the name of the one before. */
  let newest: string | undefined

  return ({ headers, method }) => {
    const { host = '' } = headers
    if (host !== newest && !isAllowed(host)) {
      return new FabriqueError('host_not_allowed', { host: host === '' ? '(none)' : withoutPort(host) })
    }
    newest = host
    const { origin } = headers
    if (origin === undefined || method === 'GET' || method === 'HEAD') return undefined
    const originHost = origin.replace(/^https?:\/\//, '')
    // That any name leads here says nothing of the pages that may change things: those must be ours, or named, with the port they are
    // at, where another program may answer. What runs on this machine is not kept from it here, but from the cookie of a login.
    if (originHost === host || isNamed(originHost) || isLoopback(originHost)) return undefined
    return new FabriqueError('cross_origin', { origin })
  }
}
