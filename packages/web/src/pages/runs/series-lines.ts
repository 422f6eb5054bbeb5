import type { MetricSeries, Run } from '@fabrique/contract'
import { chartValue } from '../../components/charts/align-lines.js'
import type { ChartLine } from '../../components/charts/line-chart.jsx'
import type { LineStyle } from '../../components/charts/line-style.js'
import type { XKind } from '../../components/charts/tick-format.js'
import { runLabel } from './run-columns.js'

interface LinesInput {
  readonly metric: string
  readonly runs: readonly Run[]
  readonly series: readonly MetricSeries[]
  readonly xKind: XKind
  readonly styleOf: (id: string) => LineStyle
}

/**
 * The lines of a metric. A value that came over the stream after the series was asked for goes to its end, so that a
 * line grows while its run goes on.
 */
export function seriesLines({ metric, runs, series, xKind, styleOf }: LinesInput): readonly ChartLine[] {
  return runs.flatMap((run) => {
    const found = series.find(({ run_id, key }) => run_id === run.id && key === metric)
    const newest = run.metrics[metric]
    const isNewer = newest !== undefined && found !== undefined && newest.step > (found.steps.at(-1) ?? -Infinity)
    const steps = [...(found?.steps ?? []), ...(isNewer ? [newest.step] : [])]
    const times = [...(found?.timestamps_ms ?? []), ...(isNewer ? [newest.timestamp_ms] : [])]
    const values = [...(found?.values ?? []), ...(isNewer ? [newest.value] : [])]
    if (values.length === 0) return []
    const start = Date.parse(run.started_at)
    const xs = xKind === 'step' ? steps : times.map((time) => (xKind === 'time' ? time : time - start) / 1000)
    const total = (found?.total ?? 0) + (isNewer ? 1 : 0)
    return [{ id: run.id, label: runLabel(run), style: styleOf(run.id), xs, ys: values.map(chartValue), total }]
  })
}
