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
  const isNamed = (host: string) => loopback.test(host) || allowed.has(host.toLowerCase())
  const isAllowed = (host: string) => isNamed(host) || allowed.has('*')

  const refusal = ({ headers, method }: FastifyRequest): FabriqueError | undefined => {
    const host = withoutPort(headers.host ?? '')
    if (!isAllowed(host)) return new FabriqueError('host_not_allowed', { host: host === '' ? '(none)' : host })
    const { origin } = headers
    if (origin === undefined || method === 'GET' || method === 'HEAD') return undefined
    const originHost = origin.replace(/^https?:\/\//, '')
    // That any name leads here says nothing of the pages that may change things: those must be ours, or named.
    if (originHost === headers.host || isNamed(withoutPort(originHost))) return undefined
    return new FabriqueError('cross_origin', { origin })
  }

  app.addHook('onRequest', (request, _reply, done) => done(refusal(request)))
}
