import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage, sendReport } from '../../platform/index.js'
import { acknowledgeFinding, listFindings, resolveFinding } from './findings/findings.js'
import { deleteMonitor, putMonitor, switchMonitor } from './monitors/change-monitor.js'
import { createMonitor } from './monitors/create-monitor.js'
import { getMonitor, listMonitors } from './monitors/get-monitor.js'
import {
  compareMonitorReports,
  getEvidentlyReport,
  getMonitorReport,
  getMonitorReportHtml,
  listMonitorReports,
} from './reports/get-report.js'
import { getTimeline, type TimelineTools } from './reports/timeline.js'
import { getMonitorColumn, getMonitorMetrics, getMonitorTrends } from './reports/trends.js'
import { runMonitor } from './runs/start-run.js'

export interface MonitoringRoutes {
  readonly contextOf: ContextOf
  readonly timeline: TimelineTools
}

/** Monitors, their reports, and what followed. */
export function mountMonitoringRoutes(app: FastifyInstance, options: MonitoringRoutes): void {
  mountMonitors(app, options)
  mountReports(app, options)
  mountTrends(app, options)
  mountFindings(app, options)
}

function mountMonitors(app: FastifyInstance, { contextOf }: MonitoringRoutes): void {
  mountRoute(app, routes.listMonitors, ({ request, query }) =>
    listMonitors({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.createMonitor, ({ request, body }) =>
    createMonitor({ ctx: contextOf(request), input: { request: body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getMonitor, ({ request, params }) =>
    getMonitor({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.putMonitor, ({ request, params, body }) =>
    putMonitor({
      ctx: contextOf(request),
      input: { ...params, definition: body, language: requestLanguage(request) },
    }),
  )
  mountRoute(app, routes.switchMonitor, ({ request, params, body }) =>
    switchMonitor({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.deleteMonitor, async ({ request, params }) => {
    await deleteMonitor({ ctx: contextOf(request), input: params })
    return { deleted: true as const }
  })
  mountRoute(app, routes.runMonitor, ({ request, params, body }) =>
    runMonitor({ ctx: contextOf(request), input: { ...params, request: body, language: requestLanguage(request) } }),
  )
}

function mountReports(app: FastifyInstance, { contextOf }: MonitoringRoutes): void {
  mountRoute(app, routes.listMonitorReports, ({ request, query }) =>
    listMonitorReports({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getMonitorReport, ({ request, params }) =>
    getMonitorReport({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getMonitorReportHtml, async ({ request, reply, params, query }) => {
    const language = query.language ?? requestLanguage(request)
    const page = await getMonitorReportHtml({ ctx: contextOf(request), input: { ...params, language } })
    return sendReport(reply, { page, name: params.report })
  })
  mountRoute(app, routes.getEvidentlyReport, async ({ request, params }) => ({
    ...(await getEvidentlyReport({ ctx: contextOf(request), input: params })),
  }))
  mountRoute(app, routes.compareMonitorReports, ({ request, params, query }) =>
    compareMonitorReports({
      ctx: contextOf(request),
      input: { ...params, ...query, language: requestLanguage(request) },
    }),
  )
}

function mountTrends(app: FastifyInstance, { contextOf, timeline: tools }: MonitoringRoutes): void {
  mountRoute(app, routes.getMonitorTrends, ({ request, params, query }) =>
    getMonitorTrends({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getMonitorMetrics, ({ request, params, query }) =>
    getMonitorMetrics({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getMonitorColumn, ({ request, params, query }) =>
    getMonitorColumn({ ctx: contextOf(request), input: { ...params, ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getMonitorTimeline, async ({ request, params, query }) => {
    const ctx = contextOf(request)
    const language = requestLanguage(request)
    await getMonitor({ ctx, input: { ...params, language } })
    return getTimeline({ ctx, input: { ...query, ...params, language, tools } })
  })
  mountRoute(app, routes.getModelTimeline, ({ request, params, query }) =>
    getTimeline({
      ctx: contextOf(request),
      input: { ...query, ...params, language: requestLanguage(request), tools },
    }),
  )
}

function mountFindings(app: FastifyInstance, { contextOf }: MonitoringRoutes): void {
  mountRoute(app, routes.listFindings, ({ request, query }) =>
    listFindings({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.acknowledgeFinding, ({ request, params, body }) =>
    acknowledgeFinding({
      ctx: contextOf(request),
      input: { ...params, ...body, language: requestLanguage(request) },
    }),
  )
  mountRoute(app, routes.resolveFinding, ({ request, params, body }) =>
    resolveFinding({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
}
