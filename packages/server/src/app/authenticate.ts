import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Authenticator, credentialsOf } from '../contexts/auth/index.js'
import { type Actor, authorise, challenge, setRequestActor } from '../platform/index.js'

export interface AuthenticateOptions {
  readonly authenticator: Authenticator
  /** Names of this server, whose pages may change things. */
  readonly allowedHosts: readonly string[]
}

/**
 * Finds out who asks before anything else is looked at. Every route needs a login, but for those that say that they are public and for
 * addresses that lead nowhere. To be called before routes are mounted.
 */
export function authenticateRequests(app: FastifyInstance, { authenticator, allowedHosts }: AuthenticateOptions): void {
  const hosts = new Set(allowedHosts.map((host) => host.toLowerCase()))
  app.addHook('onRequest', (request, reply, done) => {
    const { access } = request.routeOptions.config
    if (access === 'public' || request.is404) {
      done()
      return
    }
    const refuse = (error: unknown) => {
      if (error instanceof FabriqueError) challenge(error, request, reply)
      done(error instanceof Error ? error : new Error(String(error)))
    }
    const admit = (actor: Actor) => {
      try {
        if (actor.kind === 'nobody') throw new FabriqueError('login_required', {})
        if (actor.kind === 'user' && isByCookie(request)) checkOrigin(request, hosts)
        setRequestActor(request, actor)
        if (access !== undefined) authorise(actor, access)
      } catch (error) {
        refuse(error)
        return
      }
      done()
    }
    try {
      const found = authenticator.authenticate(credentialsOf(request))
      if (found instanceof Promise) found.then(admit, refuse)
      else admit(found)
    } catch (error) {
      refuse(error)
    }
  })
}

function isByCookie({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined && headers['x-api-key'] === undefined
}

/**
 * A browser sends its cookie whoever made the page that asks, also one of another port of this machine, which it counts as the same site:
 * what changes something must come from our own pages. Programs say nothing of an origin.
 */
function checkOrigin(request: FastifyRequest, hosts: ReadonlySet<string>): void {
  const { method, headers, routeOptions } = request
  const { access } = routeOptions.config
  const onlyReads = (method === 'GET' || method === 'HEAD') && access?.endsWith('.write') !== true
  const { origin, host, 'sec-fetch-site': site } = headers
  if (onlyReads || site === 'same-origin' || site === 'none') return
  const originHost = origin?.replace(/^https?:\/\//, '')
  // With its port: at another one of the same name, another program answers.
  const isNamed = originHost !== undefined && hosts.has(originHost.toLowerCase())
  if (isNamed || (site === undefined && (originHost ?? host) === host)) return
  throw new FabriqueError('cross_origin', { origin: origin ?? String(site) })
}
