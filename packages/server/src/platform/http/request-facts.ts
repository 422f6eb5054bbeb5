import type { FastifyInstance, FastifyRequest } from 'fastify'

/** What the one log line of a request says besides its address and its end. */
interface RequestFacts {
  readonly startedAt: number
  actor?: string
  /** As `iris/3`. */
  modelVersion?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set when the request comes. */
    facts: RequestFacts | null
  }
}

/** To be called once for a server, before its routes. */
export function keepFacts(app: FastifyInstance): void {
  app.decorateRequest('facts', null)
}

/** Notes who asks, as the audit trail names them. */
export function noteActor({ facts }: FastifyRequest, actor: string): void {
  if (facts !== null) facts.actor = actor
}

/** Notes which version of which model answers. */
export function notePrediction({ facts }: FastifyRequest, model: string, version: string): void {
  if (facts !== null) facts.modelVersion = `${model}/${version}`
}
