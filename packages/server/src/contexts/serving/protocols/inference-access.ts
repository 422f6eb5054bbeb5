import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../../../platform/logs/index.js'
import { type Actor, authorise, authoriseModel } from '../../../platform/verbs/actor.js'
import { requestTimeout } from '../request-timeout.js'
import type { ModelTarget, ServedModel, ServedModels } from '../served-models.js'

/** What every protocol is mounted with; none of them knows a database. */
export interface ProtocolParts {
  readonly models: ServedModels
  readonly actorOf: (request: FastifyRequest) => Actor
  readonly log: Log
}

/** For what tells of a model and answers nothing: whoever may use one may know it. Throws `permission_denied`, `model_not_granted`. */
export function authoriseReading(actor: Actor, model?: string): void {
  if (actor.permissions.has('endpoints.read')) return
  if (model === undefined) authorise(actor, 'predictions.make')
  else authoriseModel(actor, 'predictions.make', model)
}

/** What a request goes to, once its actor may predict with it; it waits no longer than the request says. */
export function predictionTarget(
  { actorOf }: ProtocolParts,
  request: FastifyRequest,
  target: ModelTarget,
): ModelTarget {
  const actor = actorOf(request)
  authoriseModel(actor, 'predictions.make', target.model)
  const assignedBy = request.headers['x-assignment-key']
  return {
    ...target,
    timeoutMs: requestTimeout(request.headers),
    requester: { requestId: request.id, actor: actor.id },
    ...(typeof assignedBy === 'string' ? { assignedBy } : {}),
  }
}

/** Tells under which id an answer is kept in the log, for feedback: these protocols have no place for it in their answers. */
export function tellKept(reply: FastifyReply, { predictionId }: Pick<ServedModel, 'predictionId'>): void {
  if (predictionId !== undefined) reply.header('x-prediction-id', predictionId)
}
