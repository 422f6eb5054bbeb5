import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Clock, limit } from '../../kernel/index.js'
import type { Log } from '../logs/index.js'

/** What an address asks: a model, which may be a name with an alias, and a version or an alias beside it. */
export interface RequestTarget {
  readonly model: string
  readonly version?: string | undefined
  readonly alias?: string | undefined
}

export interface RefuseLateOptions {
  readonly clock: Clock
  readonly log: Log
  /** Whether more wait for what a request goes to than are answered in time. None where its address names no model. */
  isBehind(target: RequestTarget | undefined): boolean
}

/** Made once: to note where each of thousands comes from would cost as much as the rest of a refusal. */
const refusal = new FabriqueError('server_overloaded', {
  reason: 'more predictions come than are answered in time',
  reason_fr: 'il arrive plus de prédictions qu’il n’en est répondu à temps',
})

/** Whether a failure is one that `refuseLate` tells of in sum. */
export const isLateRefusal = (error: unknown) => error === refusal

/**
 * Refuses predictions before their bodies are read: where their model is behind, and where those before them in the same turn of the event loop
 * are many and took long, since what is computed in this thread waits nowhere else. Who is refused costs next to nothing, so that those who are
 * taken are answered about as fast as ever. To be called when it is known who asks, and before routes are mounted. Gives the same for requests that
 * are answered before they come to a route: whether one is taken. One that is not has to come to its route, to be refused there.
 */
export function refuseLate(
  app: FastifyInstance,
  { clock, log, isBehind }: RefuseLateOptions,
): (target: RequestTarget | undefined, nowMs: number) => boolean {
  const turn = { startedMs: 0, taken: 0, isOpen: false }
  const [free, msMax] = [limit('serving.queue_free'), limit('serving.queue_ms_max')]
  let refused = 0
  let timer: NodeJS.Timeout | undefined
  const endTurn = () => {
    turn.isOpen = false
  }
  const isLate = (nowMs: number) => {
    if (!turn.isOpen) {
      turn.startedMs = nowMs
      turn.taken = 0
      turn.isOpen = true
      // What the same turn reads is there before this runs.
      setImmediate(endTurn)
    }
    if (turn.taken >= free && nowMs - turn.startedMs > msMax) return true
    turn.taken += 1
    return false
  }
  /** The first of a burst at once, the others each second. */
  const tell = () => {
    timer = undefined
    if (refused === 0) return
    log.warn({ refused }, 'Predictions are refused: more come than are answered in time')
    refused = 0
    timer = setTimeout(tell, tellEveryMs).unref()
  }
  app.addHook('onClose', async () => {
    clearTimeout(timer)
    tell()
    clearTimeout(timer)
  })
  const hooks = new WeakSet<object>()
  app.addHook('onRoute', (route) => {
    if (route.config?.predicts !== true || route.config.isApart === true) return
    const targetOf = route.config.targetOf ?? targetOfPath
    const hook = (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) => {
      if (!isLate(clock.monotonicMs()) && !isBehind(targetOf(request))) {
        done()
        return
      }
      refused += 1
      if (timer === undefined) tell()
      done(refusal)
    }
    // The HEAD of a route is made of it, hook and all.
    const before = [route.onRequest ?? []].flat().filter((one) => !hooks.has(one))
    hooks.add(hook)
    route.onRequest = [...before, hook]
  })
  return (target, nowMs) => !isBehind(target) && !isLate(nowMs)
}

const tellEveryMs = 1000

/** The model of an address, with its alias where it names one, and its version. */
export function targetOfPath({ params }: FastifyRequest): RequestTarget | undefined {
  if (typeof params !== 'object' || params === null || !('model' in params)) return undefined
  const { model } = params
  const version = 'version' in params && typeof params.version === 'string' ? params.version : undefined
  return typeof model === 'string' ? { model, version } : undefined
}
