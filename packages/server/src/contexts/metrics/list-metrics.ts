import type { MetricSource, RecordedMetric, RecordedMetrics } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { type AskPrometheus, type NamedSeries, PrometheusAway, seriesOfPrometheus } from './read-prometheus.js'
import { countLeftOut, selectSeries } from './store.js'

/** Where a Prometheus is asked; undefined where the own history is read. */
export const askInput = z.custom<AskPrometheus>().optional()

const valuesShownMax = 100

/** Metrics of which there is a history, by name. A Prometheus that is away is a state, no failure. */
export const listRecordedMetrics = readVerb({
  name: 'metrics.list_recorded_metrics',
  permission: 'status.read',
  input: z.object({ ask: askInput }),
  async run({ ctx, input: { ask } }): Promise<RecordedMetrics> {
    if (ask === undefined) {
      const series = await selectSeries(ctx.db, { models: ctx.actor.models })
      const named = series.map(({ labels, writer, ...one }) => ({ ...one, labels: { ...labels, instance: writer } }))
      const left_out = await countLeftOut(ctx.db)
      return { source: { kind: 'fabrique', state: 'ok' }, items: [...metricsOf(named)], left_out }
    }
    try {
      const series = await seriesOfPrometheus(ask, ctx.actor, ctx.clock.now())
      return { source: { kind: 'prometheus', state: 'ok' }, items: [...metricsOf(series)], left_out: 0 }
    } catch (error) {
      return { source: awayBy(error), items: [], left_out: 0 }
    }
  },
})

/** The state of a source that failed; throws whatever else went wrong. */
export function awayBy(error: unknown): MetricSource {
  if (!(error instanceof PrometheusAway)) throw error
  return { kind: 'prometheus', state: 'away', reason: error.message }
}

/** A histogram is one metric, not its parts. */
export function metricsOf(series: readonly NamedSeries[]): readonly RecordedMetric[] {
  const histograms = new Set(series.flatMap(({ name }) => /^(.+)_bucket$/.exec(name)?.[1] ?? []))
  const found = new Map<
    string,
    { kind: RecordedMetric['kind']; series: Set<string>; labels: Map<string, Set<string>> }
  >()
  for (const { name: given, kind, labels } of series) {
    const base = given.replace(/_(bucket|sum|count)$/, '')
    const isPart = base !== given && histograms.has(base)
    const name = isPart ? base : given
    const metric = found.get(name) ?? { kind: isPart ? 'histogram' : kind, series: new Set(), labels: new Map() }
    found.set(name, metric)
    const own = Object.entries(labels).filter(([label]) => !(isPart && label === 'le'))
    metric.series.add(JSON.stringify(own))
    for (const [label, value] of own) {
      const values = metric.labels.get(label) ?? new Set()
      metric.labels.set(label, values)
      if (values.size < valuesShownMax) values.add(value)
    }
  }
  return [...found]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { kind, series: own, labels }]) => ({
      name,
      kind,
      series: own.size,
      labels: Object.fromEntries([...labels].map(([label, values]) => [label, [...values].sort()])),
    }))
}
