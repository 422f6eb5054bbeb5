import type { Permission } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Actor, nobody } from '../verbs/actor.js'
import { noteActor } from './request-facts.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once it is known who asks. */
    actor: Actor | null
  }
  interface FastifyContextConfig {
    /** What one must be allowed to do to come here at all, before the body is read; `public` needs no login. Verbs authorise all the same. */
    access?: Permission | 'public'
  }
}

/** To be called once for a server, before its routes. */
export function keepActors(app: FastifyInstance): void {
  app.decorateRequest('actor', null)
}

/** Who asks; somebody who may do nothing until it is known. */
export function requestActor({ actor }: FastifyRequest): Actor {
  return actor ?? nobody
}

/** Keeps who asks, for the handler and for the log. */
export function setRequestActor(request: FastifyRequest, actor: Actor): void {
  request.actor = actor
  noteActor(request, actor.id)
}

/** Lets everybody come to the routes that a scope mounts from here on. */
export function makePublic(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'public' }
  })
}
