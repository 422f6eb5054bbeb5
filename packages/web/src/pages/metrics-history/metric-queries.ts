import type { RecordedMetric } from '@fabrique/contract'
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'
import type { MetricRange } from '../../routing/search.js'

/** Seconds of each range. */
export const rangeSeconds: Readonly<Record<MetricRange, number>> = {
  '15m': 900,
  '1h': 3600,
  '6h': 6 * 3600,
  '24h': 86_400,
  '7d': 7 * 86_400,
  '30d': 30 * 86_400,
  '90d': 90 * 86_400,
}

export const readings = {
  gauge: ['value', 'min', 'max'],
  counter: ['rate', 'increase'],
  histogram: ['quantile', 'rate', 'increase'],
} as const satisfies Readonly<Record<RecordedMetric['kind'], readonly string[]>>

/** What is drawn: as the server is asked for it. */
export interface ChartQuestion {
  readonly name: string
  readonly read?: string | undefined
  readonly quantile?: string | undefined
  readonly aggregate?: 'sum' | 'avg' | 'max' | undefined
  readonly by?: string | undefined
}

/** A range that ends now, or a stretch of time in seconds since 1970. */
export type Stretch = { readonly range: MetricRange } | { readonly from: number; readonly to: number }

export function timesOf(stretch: Stretch): { from?: string; to?: string } {
  const moment = (seconds: number) => new Date(seconds * 1000).toISOString()
  if ('range' in stretch) return { from: moment(Date.now() / 1000 - rangeSeconds[stretch.range]) }
  return { from: moment(stretch.from), to: moment(stretch.to) }
}

/** Values are new every 5 s; of a day or more one sees no difference within a minute. */
function refetchMs(stretch: Stretch): number | false {
  if (!('range' in stretch)) return false
  return rangeSeconds[stretch.range] <= 3600 ? 5_000 : 60_000
}

export const metricQueries = {
  list: () =>
    queryOptions({
      queryKey: ['metrics', 'list'],
      queryFn: ({ signal }) => call('listRecordedMetrics', { signal }),
      // Nothing yet, or a Prometheus that may be away: soon to be told.
      refetchInterval: ({ state: { data } }) =>
        data?.items.length === 0 || data?.source.kind === 'prometheus' ? 5_000 : 60_000,
    }),
  lines: (question: ChartQuestion, stretch: Stretch) =>
    queryOptions({
      queryKey: ['metrics', 'lines', question, stretch],
      queryFn: ({ signal }) => call('queryMetrics', { query: { ...question, ...timesOf(stretch) }, signal }),
      placeholderData: (before) => (before?.name === question.name ? before : undefined),
      refetchInterval: refetchMs(stretch),
    }),
}
