import { Readable } from 'node:stream'
import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { attachmentHeader } from '../artifacts/index.js'
import { listRecordedMetrics } from './list-metrics.js'
import { exportMetrics, queryMetrics } from './query-metrics.js'
import { openPrometheus } from './read-prometheus.js'

export interface MetricHistoryRoutes {
  readonly contextOf: ContextOf
  /** Address of a Prometheus that is read instead of the own history. */
  readonly prometheus: string | undefined
}

export function mountMetricHistory(app: FastifyInstance, { contextOf, prometheus }: MetricHistoryRoutes): void {
  const ask = prometheus === undefined ? undefined : openPrometheus(prometheus)
  mountRoute(app, routes.listRecordedMetrics, ({ request }) =>
    listRecordedMetrics({ ctx: contextOf(request), input: { ask } }),
  )
  mountRoute(app, routes.queryMetrics, ({ request, query }) =>
    queryMetrics({ ctx: contextOf(request), input: { ...query, ask } }),
  )
  mountRoute(app, routes.exportMetrics, async ({ request, reply, query }) => {
    const { mediaType, fileName, parts } = await exportMetrics({
      ctx: contextOf(request),
      input: { ...query, ask },
    })
    return reply
      .type(mediaType)
      .header('content-disposition', attachmentHeader(fileName))
      .send(Readable.from(parts, { objectMode: false }))
  })
}
