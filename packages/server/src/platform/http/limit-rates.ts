import { FabriqueError, type Rate } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { addressKey } from '../rate-limits/address-key.js'
import { rateLimited } from '../rate-limits/rate-limited.js'
import { type RateDecision, type RateStore, rateKey } from '../rate-limits/rate-store.js'
import { type RequestTarget, targetOfPath } from './refuse-late.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for routes that answer predictions. */
    predicts?: boolean
    /** What a request goes to, where the address says it otherwise than by `:model` and `:version`. */
    targetOf?: (request: FastifyRequest) => RequestTarget | undefined
    /** True where it is computed apart from predictions: it does not come too late because of them. */
    isApart?: boolean
  }
}

/** What is limited; read at each request, so that it may change. */
export interface RateRules {
  /** All predictions of a caller together, but for models with a rate of their own. */
  readonly predict: Rate | undefined
  /** All other requests to APIs of a caller together. */
  readonly api: Rate | undefined
  /** By `METHOD /path` or `/path`, as routes are declared: instead of the two above. */
  readonly routes: ReadonlyMap<string, Rate>
  /** The rate that a model's project declares. Without a name, that of the model that answers where none is named. */
  modelRate(model: string | undefined): { readonly model: string; readonly rate: Rate } | undefined
}

export interface LimitRatesOptions {
  readonly store: RateStore
  readonly rules: RateRules
  /** Who asks: a key, else a user. Undefined for those who are known by their address only. */
  callerOf(request: FastifyRequest): string | undefined
  /** Also sends `RateLimit-Limit`, `-Remaining` and `-Reset`, as clients of older drafts read them. */
  readonly olderHeaders: boolean
}

/** A rate and what it is for, as `predict`. */
interface Limited {
  readonly scope: string
  readonly rate: Rate
}

/** Always answered: what watches over a server must not be told to come back later, and pages are files. */
const unlimited = new Set(['/health', '/metrics', '/status', '/version', '/ping', '/openapi.json'])

/** Pages, their files and the description of the API. */
function isApi(url: string): boolean {
  return !unlimited.has(url) && !/^\/(docs|assets)(\/|$)|^\/?\*?$/.test(url)
}

/**
 * Limits how often callers may ask. Routes that no rule can concern get nothing of it. To be called when it is known who asks, and before
 * routes are mounted. A refused request is answered with 429 in the form of its protocol, before its body is read.
 */
export function limitRates(app: FastifyInstance, options: LimitRatesOptions): void {
  const { rules } = options
  const named = new Set(rules.routes.keys())
  const hooks = new WeakSet<object>()
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat()
    const scope = methods.map((method) => `${method} ${route.url}`).find((name) => rules.routes.has(name)) ?? route.url
    const rate = rules.routes.get(scope)
    for (const method of methods) named.delete(`${method} ${route.url}`)
    named.delete(route.url)
    const limitedOf = limiterOf(route, rate && { scope, rate }, rules)
    if (limitedOf === undefined) return
    const hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
      const limited = limitedOf(request)
      if (limited === undefined) {
        done()
        return
      }
      decide(options, { ...limited, request, reply, done })
    }
    // The HEAD of a route is made of it, hook and all.
    const before = [route.onRequest ?? []].flat().filter((one) => !hooks.has(one))
    hooks.add(hook)
    route.onRequest = [...before, hook]
  })
  app.addHook('onReady', async () => {
    const [unknown] = named
    if (unknown === undefined) return
    throw new FabriqueError('config_invalid', {
      key: 'rate_routes',
      origin: 'FABRIQUE_RATE_ROUTES',
      reason: `there is no route ${unknown}`,
    })
  })
}

function limiterOf(
  route: RouteOptions,
  own: Limited | undefined,
  rules: RateRules,
): ((request: FastifyRequest) => Limited | undefined) | undefined {
  if (own !== undefined) return () => own
  if (route.config?.predicts === true) {
    const all = rules.predict === undefined ? undefined : { scope: 'predict', rate: rules.predict }
    const targetOf = route.config.targetOf ?? targetOfPath
    return (request) => {
      const own = rules.modelRate(targetOf(request)?.model)
      return own === undefined ? all : { scope: `predict:${own.model}`, rate: own.rate }
    }
  }
  if (rules.api === undefined || !isApi(route.url)) return undefined
  const limited = { scope: 'api', rate: rules.api }
  return () => limited
}

/** Whether any rate concerns the predictions of a route, `POST` alone. Without a model, of that which answers where none is named. */
export function limitsPredictions({ predict, routes, modelRate }: RateRules, route: string, model?: string): boolean {
  const isOfRoute = routes.size > 0 && (routes.has(route) || routes.has(`POST ${route}`))
  return predict !== undefined || isOfRoute || modelRate(model) !== undefined
}

interface Asked extends Limited {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  done(error?: Error): void
}

/** The decision on one request, told in the headers of its reply. */
function decide(
  { store, callerOf, olderHeaders }: LimitRatesOptions,
  { scope, rate, request, reply, done }: Asked,
): void {
  const end = (decision: RateDecision) => {
    tell(reply, { scope, rate, decision, olderHeaders })
    done(decision.isAllowed ? undefined : rateLimited(scope, rate, decision))
  }
  const decision = store.take(rateKey(scope, rate, callerOf(request) ?? addressKey(request.ip)), rate)
  if (decision instanceof Promise) decision.then(end, done)
  else end(decision)
}

interface Told extends Limited {
  readonly decision: RateDecision
  readonly olderHeaders: boolean
}

/** The fields of draft-ietf-httpapi-ratelimit-headers. */
function tell(reply: FastifyReply, { scope, rate, decision, olderHeaders }: Told): void {
  const { requests, windowMs } = rate
  const { isAllowed, remaining, resetMs } = decision
  const reset = Math.ceil(resetMs / 1000)
  const name = JSON.stringify(scope.replace(/[^\x20-\x7e]/g, '?'))
  reply.header('ratelimit-policy', `${name};q=${requests};w=${Math.ceil(windowMs / 1000)}`)
  reply.header('ratelimit', `${name};r=${remaining};t=${reset}`)
  if (!isAllowed) reply.header('retry-after', String(reset))
  if (!olderHeaders) return
  reply.header('ratelimit-limit', String(requests))
  reply.header('ratelimit-remaining', String(remaining))
  reply.header('ratelimit-reset', String(reset))
}
