import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i

/** The host name of a `Host` header or an origin, without its port. */
function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '')
}

/**
 * Refuses names this server is not known by: a page elsewhere could otherwise reach it through a name of its own that
 * points to this machine (DNS rebinding). Refuses state changes sent by pages of other origins for the same reason.
 */
export function checkHost(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()))
  const isNamed = (host: string) => allowed.has(host.toLowerCase())
  const isLoopback = (host: string) => loopback.test(withoutPort(host))
  const isAllowed = (host: string) =>
    isLoopback(host) || isNamed(host) || isNamed(withoutPort(host)) || allowed.has('*')

  const refusal = ({ headers, method }: FastifyRequest): FabriqueError | undefined => {
    const { host = '' } = headers
    if (!isAllowed(host)) {
      return new FabriqueError('host_not_allowed', { host: host === '' ? '(none)' : withoutPort(host) })
    }
    const { origin } = headers
    if (origin === undefined || method === 'GET' || method === 'HEAD') return undefined
    const originHost = origin.replace(/^https?:\/\//, '')
    // That any name leads here says nothing of the pages that may change things: those must be ours, or named, with the port they are
    // at, where another program may answer. What runs on this machine is not kept from it here, but from the cookie of a login.
    if (originHost === host || isNamed(originHost) || isLoopback(originHost)) return undefined
    return new FabriqueError('cross_origin', { origin })
  }

  app.addHook('onRequest', (request, _reply, done) => done(refusal(request)))
}
