import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart, LineSwatch } from '../../components/charts/line-chart.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type FigureChart, figureCharts, figureLines } from './figure-charts.js'
import { metricText } from './metric-text.js'
import { monitoringQueries } from './monitoring-queries.js'
import { SegmentTable } from './segment-table.jsx'

const height = 180

/** Quality and performance over the newest reports: what was estimated beside what came true. */
export function FiguresPart({ monitor, newest }: { readonly monitor: string; readonly newest: string | undefined }) {
  const { t } = useI18n()
  const words = t.monitoring
  const query = useQuery(monitoringQueries.metrics(monitor))
  const [channel] = useState(() => new CursorChannel())
  return (
    <Load query={query} lines={8}>
      {(trends) => {
        const charts = figureCharts(trends)
        if (charts.length === 0) return <EmptyState title={words.noFigures} text={words.noFiguresText} />
        return (
          <div className="stack">
            {newest !== undefined && <NewestSegments report={newest} />}
            <p className="muted">{words.bandNote}</p>
            <div className="figure-cards">
              {charts.map((chart) => (
                <Chart key={chart.key} chart={chart} channel={channel} />
              ))}
            </div>
          </div>
        )
      }}
    </Load>
  )
}

/** The segments of the newest report; nothing of a monitor without. */
function NewestSegments({ report }: { readonly report: string }) {
  const found = useQuery(monitoringQueries.report(report)).data?.segments
  return found === undefined ? null : <SegmentTable found={found} />
}

function Chart({ chart, channel }: { readonly chart: FigureChart; readonly channel: CursorChannel }) {
  const { t } = useI18n()
  const words = t.monitoring
  const title = metricText(chart, t)
  const lines = useMemo(() => {
    const { lower, upper, kinds, real } = words
    return figureLines(chart, { lower, upper, kinds: { ...kinds, performance: `${kinds.performance} (${real})` } })
  }, [chart, words])
  return (
    <article className="figure-card">
      <h2>{title}</h2>
      {lines.length > 1 && (
        <ul className="figure-legend small">
          {lines.map(({ id, label, style }) => (
            <li key={id}>
              <LineSwatch style={style} />
              {label}
            </li>
          ))}
        </ul>
      )}
      <LineChart title={title} xKind="time" height={height} channel={channel} lines={lines} />
    </article>
  )
}
