import { routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ModelServer } from '../../contexts/serving/index.js'
import { addressOf } from '../../contexts/tracking/index.js'
import { limit } from '../../kernel/index.js'
import { authoriseModel, type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { chooseModel } from './choose-model.js'
import { generate } from './generate.js'
import { mlflowStatus } from './mlflow-status.js'
import { predictNewest } from './predict-newest.js'
import { retrain, retrainDebug } from './retrain.js'

export interface ShortRoutesOptions {
  readonly contextOf: ContextOf
  readonly models: ModelServer
}

/** The short verbs of a small prediction API: each about one model, by default the one at `/predict`. */
export function mountShortRoutes(app: FastifyInstance, { contextOf, models }: ShortRoutesOptions): void {
  let waiting = 0
  /** Waits no longer than is wished; not at all where many wait already. What goes on is answered with 202. */
  const patiently = async <Reply extends { readonly status: 'done' | 'under_way' }>(
    reply: FastifyReply,
    waitSeconds: number,
    work: (waitMs: number) => Promise<Reply>,
  ): Promise<Reply> => {
    const isFull = waiting >= limit('short.waiting_max')
    waiting += 1
    try {
      const done = await work(isFull ? 0 : waitSeconds * 1000)
      if (done.status === 'under_way') reply.code(202)
      return done
    } finally {
      waiting -= 1
    }
  }

  mountRoute(app, routes.generate, async ({ request, reply, query, body }) => {
    const ctx = contextOf(request)
    const chosen = await chooseModel(ctx, models, query.model)
    return patiently(reply, query.wait_seconds, (waitMs) =>
      generate(ctx, { ...chosen, request: body, waitMs, language: requestLanguage(request) }),
    )
  })
  mountRoute(app, routes.retrain, async ({ request, reply, query }) => {
    const ctx = contextOf(request)
    const chosen = await chooseModel(ctx, models, query.model)
    return patiently(reply, query.wait_seconds, async (waitMs) => {
      const done = await retrain(ctx, { ...chosen, waitMs, language: requestLanguage(request) })
      if (done.status === 'under_way') reply.header('location', done.address)
      return done
    })
  })
  mountRoute(app, routes.retrainDebug, async ({ request, reply, query }) => {
    const ctx = contextOf(request)
    const chosen = await chooseModel(ctx, models, query.model)
    return patiently(reply, query.wait_seconds, (waitMs) =>
      retrainDebug(ctx, { ...chosen, waitMs, language: requestLanguage(request) }),
    )
  })
  mountRoute(
    app,
    routes.predictNewest,
    async ({ request, query }) => {
      const ctx = contextOf(request)
      const chosen = await chooseModel(ctx, models, query.model)
      authoriseModel(ctx.actor, 'predictions.make', chosen.model.name)
      return { ...(await predictNewest(ctx, { ...chosen, models, rows: query.rows })), request_id: request.id }
    },
    { predicts: true, targetOf: targetOfQuery },
  )
  mountRoute(app, routes.getMlflowStatus, ({ request }) =>
    mlflowStatus(app, contextOf(request), { address: addressOf(request), credentials: credentialsIn(request.headers) }),
  )
}

/** The query is not checked yet when rates ask. */
function targetOfQuery({ query }: FastifyRequest): { readonly model: string } | undefined {
  const model = typeof query === 'object' && query !== null && 'model' in query ? query.model : undefined
  return typeof model === 'string' ? { model } : undefined
}

/** What a request proves by who sends it. */
function credentialsIn(headers: FastifyRequest['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['authorization', 'x-api-key', 'cookie'].flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
