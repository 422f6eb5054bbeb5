import { type Endpoint, routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { listLoops } from './list-loops.js'
import { getFlowRun, requestLoop } from './request-loop.js'

export function mountFlowRoutes(
  app: FastifyInstance,
  contextOf: ContextOf,
  endpoints: () => readonly Endpoint[],
): void {
  mountRoute(app, routes.listLoops, async ({ request, params }) => ({
    items: [
      ...(await listLoops({
        ctx: contextOf(request),
        input: { project: params.project, language: requestLanguage(request), endpoints: endpoints() },
      })),
    ],
  }))
  mountRoute(app, routes.startLoop, ({ request, params, body }) =>
    requestLoop({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getFlowRun, ({ request, params }) =>
    getFlowRun({ ctx: contextOf(request), input: { flow_run: params.flow_run, language: requestLanguage(request) } }),
  )
}
