import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { type Clock, limit } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'

export interface RefuseLateOptions {
  readonly clock: Clock
  readonly log: Log
  /** Whether more wait for the model that a request goes to than are answered in time. The name is that of the address; none where it has none. */
  isBehind(model: string | undefined): boolean
}

/** Made once: to note where each of thousands comes from would cost as much as the rest of a refusal. */
const refusal = new FabriqueError('server_overloaded', {
  reason: 'more predictions come than are answered in time',
  reason_fr: 'il arrive plus de prédictions qu’il n’en est répondu à temps',
})

/**
 * Refuses predictions before their bodies are read: where their model is behind, and where those before them in the same turn of the event loop
 * are many and took long, since what is computed in this thread waits nowhere else. Who is refused costs next to nothing, so that those who are
 * taken are answered about as fast as ever. To be called when it is known who asks, and before routes are mounted.
 */
export function refuseLate(app: FastifyInstance, { clock, log, isBehind }: RefuseLateOptions): void {
  const turn = { startedMs: 0, taken: 0, isOpen: false }
  const told = { refused: 0, atMs: Number.NEGATIVE_INFINITY }
  const endTurn = () => {
    turn.isOpen = false
  }
  const isLate = () => {
    const nowMs = clock.monotonicMs()
    if (!turn.isOpen) {
      Object.assign(turn, { startedMs: nowMs, taken: 0, isOpen: true })
      // What the same turn reads is there before this runs.
      setImmediate(endTurn)
    }
    if (turn.taken >= limit('serving.queue_free') && nowMs - turn.startedMs > limit('serving.queue_ms_max')) return true
    turn.taken += 1
    return false
  }
  const tell = () => {
    told.refused += 1
    const nowMs = clock.monotonicMs()
    if (nowMs - told.atMs < tellEveryMs) return
    log.warn({ refused: told.refused }, 'Predictions are refused: more come than are answered in time')
    told.refused = 0
    told.atMs = nowMs
  }
  const hooks = new WeakSet<object>()
  app.addHook('onRoute', (route) => {
    if (route.config?.predicts !== true) return
    const modelOf = modelOfRoute(route)
    const hook = (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) => {
      if (!isLate() && !isBehind(modelOf(request))) {
        done()
        return
      }
      tell()
      done(refusal)
    }
    // The HEAD of a route is made of it, hook and all.
    const before = [route.onRequest ?? []].flat().filter((one) => !hooks.has(one))
    hooks.add(hook)
    route.onRequest = [...before, hook]
  })
}

const tellEveryMs = 1000

function modelOfRoute({ config }: RouteOptions): (request: FastifyRequest) => string | undefined {
  return config?.modelOf ?? modelOfPath
}

/** The model of an address, with its alias where it names one. */
export function modelOfPath({ params }: FastifyRequest): string | undefined {
  const model = typeof params === 'object' && params !== null && 'model' in params ? params.model : undefined
  return typeof model === 'string' ? model : undefined
}
