import { MetricLines, MetricsExportQuery, MetricsQuery, RecordedMetrics } from '../schemas/metric-history.js'
import { defineRoute } from './define-route.js'

/** The history of what stands at /metrics. */
export const metricRoutes = {
  listRecordedMetrics: defineRoute({
    method: 'GET',
    path: '/api/v1/metrics/series',
    summary: 'Metrics of which there is a history, with their labels',
    tag: 'metrics',
    permission: 'status.read',
    reply: RecordedMetrics,
  }),
  queryMetrics: defineRoute({
    method: 'GET',
    path: '/api/v1/metrics/query',
    summary: 'One metric over a range of time: values, rates or quantiles by step',
    tag: 'metrics',
    permission: 'status.read',
    query: MetricsQuery,
    reply: MetricLines,
  }),
  exportMetrics: defineRoute({
    method: 'GET',
    path: '/api/v1/metrics/export',
    summary: 'The same as CSV: a line for each step, a column for each series',
    tag: 'metrics',
    permission: 'status.read',
    query: MetricsExportQuery,
    replyType: 'text/csv',
  }),
} as const
