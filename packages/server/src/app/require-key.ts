import { createHash, timingSafeEqual } from 'node:crypto'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { setRequestActor } from '../platform/http/request-actor.js'
import { type Actor, localActor, nobody } from '../platform/verbs/actor.js'

/** What a request brings to show that it may be here. */
export interface Credentials {
  readonly authorization?: string | undefined
  readonly apiKey?: string | undefined
}

/**
 * Who asks a server that has one key and no users: whoever has the key may do everything, and without a key everyone may. Throws
 * `login_required`, `credentials_invalid`.
 */
export function keyActor(key: string | undefined): (credentials: Credentials) => Actor {
  if (key === undefined) return () => localActor
  const expected = digest(key)
  return ({ authorization, apiKey }) => {
    const given = apiKey ?? /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (given === undefined) throw new FabriqueError('login_required', {})
    // Digests are of one length, and comparing them takes the same time wherever they differ.
    if (timingSafeEqual(digest(given), expected)) return localActor
    throw new FabriqueError('credentials_invalid', { reason: 'it is not the key', reason_fr: 'ce n’est pas la clé' })
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Lets only requests with the key come further, but for probes and the description of the API. To be called before routes are mounted. */
export function requireKey(app: FastifyInstance, actorOf: ReturnType<typeof keyActor>): void {
  app.addHook('onRequest', async (request) => {
    const { config, url = '' } = request.routeOptions
    const isOpen = config.access === 'public' || url === '/docs' || url.startsWith('/docs/')
    if (isOpen) {
      setRequestActor(request, nobody)
      return
    }
    const apiKey = request.headers['x-api-key']
    setRequestActor(
      request,
      actorOf({
        authorization: request.headers.authorization,
        apiKey: typeof apiKey === 'string' ? apiKey : undefined,
      }),
    )
  })
}
