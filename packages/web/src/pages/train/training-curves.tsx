import type { MetricSeries, Run } from '@fabrique/contract'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart } from '../../components/charts/line-chart.jsx'
import { useLineStyles } from '../../components/charts/line-style.js'
import { linePoints } from '../run/metric-view.js'
import { curveGroups } from './curve-groups.js'
import { useTrainTexts } from './train-texts.js'

/** Metrics by iteration, as they come; what trains and what validates on one chart. */
export function TrainingCurves({ run }: { readonly run: Run }) {
  const texts = useTrainTexts()
  const [channel] = useState(() => new CursorChannel())
  const groups = curveGroups(run.metrics)
  if (groups.length === 0) return null
  return (
    <section className="stack-tight" aria-labelledby="training-curves-title">
      <h2 id="training-curves-title">{texts.run.curves}</h2>
      <div className="train-curves">
        {groups.map(({ title, names }) => (
          <CurveChart key={title} run={run} title={title} names={names} channel={channel} />
        ))}
      </div>
    </section>
  )
}

interface CurveChartProps {
  readonly run: Run
  readonly title: string
  readonly names: readonly string[]
  readonly channel: CursorChannel
}

function CurveChart({ run, title, names, channel }: CurveChartProps) {
  const styles = useLineStyles(names)
  const loaded = useQueries({
    queries: names.map((name) => queries.metricSeries(run.id, name)),
    combine: (results) => results.map(({ data }): MetricSeries | undefined => data?.items[0]),
  })
  const lines = names.flatMap((name, index) => {
    const series = loaded[index]
    if (series === undefined) return []
    return [
      {
        id: name,
        label: name,
        style: styles(name),
        total: series.total,
        ...linePoints(series, 'step', Date.parse(run.started_at)),
      },
    ]
  })
  return (
    <article className="metric-card">
      <h3>{title}</h3>
      {lines.length > 0 && <LineChart title={title} lines={lines} height={220} channel={channel} />}
    </article>
  )
}
