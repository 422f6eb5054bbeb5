import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, type EventStream, mountRoute, requestLanguage } from '../../platform/index.js'
import { cancelJob } from './cancel-job.js'
import { listJobs } from './get-job.js'
import { getJobOnceOver } from './get-job-once-over.js'
import { listenToJobs } from './job-wake-ups.js'

/** Without the stream of events, who waits for a job hears of its end a little later. */
export function mountJobRoutes(app: FastifyInstance, contextOf: ContextOf, events?: EventStream): void {
  const wakeUps = events === undefined ? undefined : listenToJobs(events)
  mountRoute(app, routes.listJobs, ({ request, query }) =>
    listJobs({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getJob, ({ request, params, query }) =>
    getJobOnceOver({
      ctx: contextOf(request),
      input: { ...params, ...query, language: requestLanguage(request), ...(wakeUps === undefined ? {} : { wakeUps }) },
    }),
  )
  mountRoute(app, routes.cancelJob, ({ request, params, body }) =>
    cancelJob({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
}
