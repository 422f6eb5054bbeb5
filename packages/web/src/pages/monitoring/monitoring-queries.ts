import type { Finding } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** Reports that a trend is drawn of; more than that many points are no trend any more. */
const trendReports = { table: 30, chart: 200 } as const
const reportPage = 50
const findingPage = 100

export interface FindingChoice {
  readonly state?: Finding['state'] | 'unresolved' | undefined
  readonly monitor?: string | undefined
  readonly model?: string | undefined
}

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const monitoringQueries = {
  monitor: (monitor: string) =>
    queryOptions({
      queryKey: ['monitors', 'one', monitor],
      queryFn: ({ signal }) => call('getMonitor', { params: { monitor }, signal }),
    }),
  reports: (monitor: string) =>
    infiniteQueryOptions({
      queryKey: ['monitors', 'reports', monitor],
      queryFn: ({ signal, pageParam }) =>
        call('listMonitorReports', { query: { monitor, limit: reportPage, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  /** A report never changes, but its sentences follow the language. */
  report: (report: string) =>
    queryOptions({
      queryKey: ['drift-report', report],
      queryFn: ({ signal }) => call('getMonitorReport', { params: { report }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  comparison: (report: string, before: string) =>
    queryOptions({
      queryKey: ['drift-report', report, before],
      queryFn: ({ signal }) => call('compareMonitorReports', { params: { report }, query: { before }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  trends: (monitor: string) =>
    queryOptions({
      queryKey: ['monitors', 'trends', monitor],
      queryFn: ({ signal }) =>
        call('getMonitorTrends', { params: { monitor }, query: { reports: trendReports.table }, signal }),
    }),
  metrics: (monitor: string) =>
    queryOptions({
      queryKey: ['monitors', 'metrics', monitor],
      queryFn: ({ signal }) =>
        call('getMonitorMetrics', { params: { monitor }, query: { reports: trendReports.chart }, signal }),
    }),
  column: (monitor: string, column: string) =>
    queryOptions({
      queryKey: ['monitors', 'column', monitor, column],
      queryFn: ({ signal }) =>
        call('getMonitorColumn', { params: { monitor, column }, query: { reports: trendReports.chart }, signal }),
    }),
  timeline: (monitor: string) =>
    queryOptions({
      queryKey: ['monitors', 'timeline', monitor],
      queryFn: ({ signal }) => call('getMonitorTimeline', { params: { monitor }, signal }),
    }),
  findings: (choice: FindingChoice) =>
    infiniteQueryOptions({
      queryKey: ['monitors', 'findings', choice],
      queryFn: ({ signal, pageParam }) =>
        call('listFindings', { query: { ...choice, limit: findingPage, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before) => before,
    }),
} as const
