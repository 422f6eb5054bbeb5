import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { cancelJob } from './cancel-job.js'
import { getJob, listJobs } from './get-job.js'

export function mountJobRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listJobs, ({ request, query }) =>
    listJobs({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getJob, ({ request, params }) =>
    getJob({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.cancelJob, ({ request, params, body }) =>
    cancelJob({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
}
