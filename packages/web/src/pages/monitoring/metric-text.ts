import type { ReportMetric } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { Format } from '../../i18n/format.js'

type Named = Pick<ReportMetric, 'metric' | 'column'>

/** The name of a figure: those of quality have words, those of performance are called as trainings call them. */
export function metricText({ metric, column }: Named, t: Pick<Catalogue, 'monitoring'>): string {
  const name = t.monitoring.metricNames[metric] ?? metric
  return column === undefined ? name : t.monitoring.ofColumn(name, column)
}

const counts = new Set(['rows', 'empty_columns', 'constant_columns'])

/** A value as people read it: shares in percent, counts whole. */
export function metricValue(metric: string, value: number, f: Format): string {
  if (metric.endsWith('_share')) return f.percent(value)
  return counts.has(metric) ? f.integer(value) : f.metric(value)
}

/** A threshold as it was set: without the zeros that line scores up. */
export const thresholdText = (value: number, f: Format): string => f.exact(Number(value.toPrecision(4)))

export function boundText(
  {
    metric,
    min,
    max,
  }: { readonly metric: string; readonly min?: number | undefined; readonly max?: number | undefined },
  t: Pick<Catalogue, 'monitoring'>,
  f: Format,
): string {
  const words = t.monitoring
  const [low, high] = [min, max].map((bound) => (bound === undefined ? undefined : metricValue(metric, bound, f)))
  if (low !== undefined && high !== undefined) return words.between(low, high)
  if (low !== undefined) return words.atLeast(low)
  return high === undefined ? '–' : words.atMost(high)
}
