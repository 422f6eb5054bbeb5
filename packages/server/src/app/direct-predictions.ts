import type { IncomingMessage } from 'node:http'
import { type Permission, routes } from '@fabrique/contract'
import type { Authenticator } from '../contexts/auth/index.js'
import { type ModelServer, type ModelTarget, predictAnswerer, targetOfName } from '../contexts/serving/index.js'
import {
  type Actor,
  type Admitted,
  hostRefusal,
  limitsPredictions,
  type RateRules,
  type refuseLate,
} from '../platform/index.js'

export interface DirectPredictionsOptions {
  readonly authenticator: Pick<Authenticator, 'authenticate'>
  readonly allowedHosts: readonly string[]
  readonly rules: RateRules
  /** Whether a prediction is taken now. */
  readonly takes: ReturnType<typeof refuseLate>
  readonly models: Pick<ModelServer, 'defaultModel' | 'isKnown'>
  readonly traffic: Pick<ModelServer, 'predict' | 'predictNow'>
}

type Admit = (request: IncomingMessage, nowMs: number) => Admitted | undefined

const access: Permission = 'predictions.make'
const defaultPath = routes.predictDefault.path

/** A model whose name stands in an address as it is. */
const named = /^\/api\/v1\/models\/([\w.@-]{1,250})\/predict$/

/**
 * Predictions that nothing is to be said against, for `answerDirectly`: of a program that nobody needs to log in for or whose key was seen a moment
 * ago, of a model without a rate, and in time. It asks what the hooks of a route ask, in their order; what any of them would refuse, or needs more than
 * this moment for, goes to its route.
 */
export function directPredictions(options: DirectPredictionsOptions): Admit {
  const { authenticator, rules, takes, models } = options
  const refusal = hostRefusal(options.allowedHosts)
  const answer = predictAnswerer(options.traffic)
  const actorOf = ({ headers }: IncomingMessage): Actor | undefined => {
    const { authorization } = headers
    // Cookies are of browsers, which are asked where they come from; passwords are guessed, and their senders counted.
    const isOfProgram = headers.cookie === undefined && headers['x-api-key'] === undefined
    if (!isOfProgram || (authorization !== undefined && !authorization.startsWith('Bearer '))) return undefined
    const found = authenticator.authenticate({ authorization, address: '' })
    return found instanceof Promise || !found.permissions.has(access) ? undefined : found
  }
  const admit: Admit = (request, nowMs) => {
    const { url = '' } = request
    const name = url === defaultPath ? undefined : named.exec(url)?.[1]
    if (name === undefined && url !== defaultPath) return undefined
    // Encryption ended at a proxy: what browsers are told of it depends on who may say so.
    if (request.headers['x-forwarded-proto'] !== undefined || refusal(request) !== undefined) return undefined
    const route = name === undefined ? defaultPath : routes.predict.path
    const actor = actorOf(request)
    if (actor === undefined || limitsPredictions(rules, route, name)) return undefined
    const target: ModelTarget = name === undefined ? { model: models.defaultModel() } : targetOfName(models, name)
    if (!takes(target, nowMs)) return undefined
    return { route, access, actor, answer: (call) => answer(call, target) }
  }
  return (request, nowMs) => {
    try {
      return admit(request, nowMs)
    } catch {
      // Its route says why: a key that is wrong, or that there is no model.
      return undefined
    }
  }
}
