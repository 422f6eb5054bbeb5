import type { ColumnTrend, ReportColumn } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart } from '../../components/charts/line-chart.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { missingShare } from './choose-columns.js'
import { ColumnStateWord, kindText } from './column-state.jsx'
import { isOneMethod, missingLine, scoreLines } from './column-trend.js'
import { DistributionLarge } from './distribution-large.jsx'
import { thresholdText } from './metric-text.js'
import { monitoringQueries } from './monitoring-queries.js'
import './monitoring.css'

const route = getRouteApi(patterns.monitorColumn)
const chartHeight = 180

/** One column of a monitor: both distributions large, and its score over the reports. */
export function MonitorColumnPage() {
  const { t } = useI18n()
  const { monitor, column } = route.useParams()
  const query = useQuery(monitoringQueries.column(monitor, column))
  const newest = query.data?.newest
  return (
    <Page
      title={column}
      crumbs={[
        { label: t.nav.monitoring, to: paths.monitoring() },
        { label: monitor, to: paths.monitor({ monitor }) },
      ]}
      lead={newest === undefined ? undefined : <ColumnStateWord column={newest} />}
    >
      <Load query={query} lines={8}>
        {(trend) => <Body trend={trend} />}
      </Load>
    </Page>
  )
}

function Body({ trend }: { readonly trend: ColumnTrend }) {
  const { t } = useI18n()
  const { newest } = trend
  if (newest === undefined) return <EmptyState title={t.monitoring.noColumn} text={t.monitoring.neverText} />
  return (
    <div className="stack report">
      <p className="prose">{newest.sentence}</p>
      <ColumnFacts column={newest} />
      <section className="stack-tight" aria-labelledby="column-distribution">
        <h2 id="column-distribution">{t.monitoring.distribution}</h2>
        {newest.histogram === undefined ? (
          <p className="muted">{t.monitoring.noPicture}</p>
        ) : (
          <DistributionLarge column={newest.name} histogram={newest.histogram} />
        )}
      </section>
      <OverTime trend={trend} />
    </div>
  )
}

function ColumnFacts({ column }: { readonly column: ReportColumn }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { method, method_title: title, score, threshold, dimension } = column
  const kind = kindText(column, t)
  const share = (side: 'reference' | 'current') => {
    const found = missingShare(column, side)
    return found === undefined ? '–' : f.percent(found)
  }
  return (
    <FactRow
      facts={[
        ...(kind === '' ? [] : [{ name: words.type, value: kind }]),
        ...(dimension === undefined ? [] : [{ name: words.dimension, value: f.integer(dimension) }]),
        ...(score === null
          ? []
          : [{ name: words.score, value: <span title={f.exact(score)}>{f.metric(score)}</span> }]),
        ...(threshold === null ? [] : [{ name: words.threshold, value: thresholdText(threshold, f) }]),
        ...(method === null ? [] : [{ name: words.method, value: title ?? method }]),
        {
          name: words.rows,
          value: words.missingOf(f.integer(column.reference_rows), f.integer(column.current_rows)),
        },
        { name: words.missing, value: words.missingOf(share('reference'), share('current')) },
      ]}
    />
  )
}

function OverTime({ trend }: { readonly trend: ColumnTrend }) {
  const { t } = useI18n()
  const words = t.monitoring
  const [channel] = useState(() => new CursorChannel())
  const { points } = trend
  const charts = useMemo(
    () => [
      { title: words.scoreOverTime, lines: scoreLines(points, words.scoreOverTime, words.threshold) },
      { title: words.missingOverTime, lines: [missingLine(points, words.missingOverTime)] },
    ],
    [points, words],
  )
  return (
    <section className="stack-tight" aria-labelledby="column-time">
      <h2 id="column-time">{words.overTime}</h2>
      {points.length < 2 ? (
        <p className="muted">{words.oneReport}</p>
      ) : (
        <>
          {!isOneMethod(points) && <p className="tone-warning">{words.methodChanged}</p>}
          <div className="figure-cards">
            {charts.map(({ title, lines }) => (
              <article key={title} className="figure-card">
                <h3>{title}</h3>
                <LineChart title={title} xKind="time" height={chartHeight} channel={channel} lines={lines} />
              </article>
            ))}
          </div>
        </>
      )}
    </section>
  )
}
