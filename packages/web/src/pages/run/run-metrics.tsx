import type { MetricSeries, Run } from '@fabrique/contract'
import { Checkbox, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart } from '../../components/charts/line-chart.jsx'
import { useLineStyles } from '../../components/charts/line-style.js'
import { Facts } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { useSeen } from '../../components/use-seen.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { type MetricsSearch, metricAxes } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { groupMetrics, linePoints, readSmoothing } from './metric-view.js'
import './run-metrics.css'

interface RunMetricsProps {
  readonly project: string
  readonly run: Run
  readonly search: MetricsSearch
}

/** The curves of a run, drawn when they are seen; one of them alone when the address names it. */
export function RunMetrics({ project, run, search }: RunMetricsProps) {
  const { t } = useI18n()
  const [channel] = useState(() => new CursorChannel())
  const names = Object.keys(run.metrics)
  const chosen = names.find((name) => name === search.metric)
  const page = paths.runMetrics({ project, run: run.id })
  if (names.length === 0) return <p className="muted">{t.run.noMetrics}</p>
  // A value logged once has no curve: it stands in a list.
  const hasCurve = (name: string) => (run.metrics[name]?.count ?? 2) > 1
  const curves = names.filter(hasCurve).sort()
  // Few curves stand better side by side than each under a title of its own.
  const groups = curves.length > ungroupedMax ? groupMetrics(curves) : [{ prefix: '', names: curves }]
  const { metric: _, ...view } = search
  if (chosen !== undefined)
    return (
      <div className="stack">
        <div className="spread">
          <AppLink to={page} search={view}>
            {t.run.allMetrics}
          </AppLink>
          <ViewControls search={search} metrics={names} />
        </div>
        <MetricCard project={project} run={run} name={chosen} search={search} channel={channel} isAlone />
      </div>
    )
  return (
    <div className="stack" style={{ gap: 24 }}>
      {curves.length > 0 && <ViewControls search={search} />}
      <SingleValues run={run} names={names.filter((name) => !hasCurve(name)).sort()} />
      {groups.map(({ prefix, names: group }) => (
        <section key={prefix} className="stack-tight">
          {prefix !== '' && <h2>{prefix}</h2>}
          <div className="metric-cards">
            {group.map((name) => (
              <MetricCard
                key={name}
                project={project}
                run={run}
                name={name}
                search={search}
                channel={channel}
                isGrouped={prefix !== ''}
              />
            ))}
          </div>
        </section>
      ))}
    </div>
  )
}

/** Up to so many curves are not grouped. */
const ungroupedMax = 8

const smoothings = ['0.5', '0.8', '0.9', '0.97'] as const

/** How the curves are drawn; all of it stands in the address. `metrics` offers another metric. */
function ViewControls({ search, metrics }: { readonly search: MetricsSearch; readonly metrics?: readonly string[] }) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const change = (part: Partial<MetricsSearch>) => changeSearch({ ...search, ...part })
  return (
    <div className="metric-controls">
      {metrics !== undefined && (
        <NativeSelect
          label={t.run.chooseMetric}
          value={search.metric ?? ''}
          data={[...metrics].sort()}
          onChange={(event) => change({ metric: event.currentTarget.value })}
        />
      )}
      <NativeSelect
        label={t.run.axis}
        value={search.x ?? 'step'}
        data={metricAxes.map((axis) => ({ value: axis, label: t.charts.x[axis] }))}
        onChange={({ currentTarget: { value } }) =>
          changeSearch({ ...search, x: value === 'step' ? undefined : value })
        }
      />
      <NativeSelect
        label={t.run.smoothing}
        value={search.smooth ?? ''}
        data={[
          { value: '', label: t.run.smoothingOff },
          ...smoothings.map((value) => ({ value: `${value}`, label: f.decimal(Number(value)) })),
        ]}
        onChange={(event) => change({ smooth: event.currentTarget.value })}
      />
      <Checkbox
        label={t.run.logAxis}
        checked={search.log === '1'}
        onChange={(event) => changeSearch({ ...search, log: event.currentTarget.checked ? '1' : undefined })}
      />
    </div>
  )
}

function SingleValues({ run, names }: { readonly run: Run; readonly names: readonly string[] }) {
  const { t, f } = useI18n()
  if (names.length === 0) return null
  return (
    <section className="stack-tight" style={{ maxWidth: 720 }}>
      <h2>{t.run.singleValues}</h2>
      <Facts
        facts={names.map((name) => {
          const value = run.metrics[name]?.value ?? 'NaN'
          return { name, value: <strong title={f.exact(value)}>{f.metric(value)}</strong> }
        })}
      />
    </section>
  )
}

interface MetricCardProps {
  readonly project: string
  readonly run: Run
  readonly name: string
  readonly search: MetricsSearch
  readonly channel: CursorChannel
  readonly isAlone?: boolean
  /** It stands under the title of a group. */
  readonly isGrouped?: boolean
}

const heights = { card: 200, alone: 380 } as const

function MetricCard({ project, run, name, search, channel, isAlone = false, isGrouped = false }: MetricCardProps) {
  const { f } = useI18n()
  const [ref, isSeen] = useSeen()
  const query = useQuery({ ...queries.metricSeries(run.id, name), enabled: isSeen })
  const latest = run.metrics[name]
  const Heading = isGrouped ? 'h3' : 'h2'
  const height = isAlone ? heights.alone : heights.card
  const link = isAlone ? (
    <h2 className="metric-name">{name}</h2>
  ) : (
    <Heading className="metric-name">
      <AppLink to={paths.runMetrics({ project, run: run.id })} search={{ ...search, metric: name }}>
        {name}
      </AppLink>
    </Heading>
  )
  return (
    <article ref={ref} className="metric-card" style={{ minHeight: height }}>
      <div className="spread">
        {link}
        {latest !== undefined && <strong title={f.exact(latest.value)}>{f.metric(latest.value)}</strong>}
      </div>
      {isSeen && (
        <Load query={query} lines={isAlone ? 8 : 5}>
          {({ items: [series] }) =>
            series === undefined ? null : (
              <Curve run={run} name={name} series={series} search={search} channel={channel} height={height} />
            )
          }
        </Load>
      )}
    </article>
  )
}

type CurveProps = Omit<MetricCardProps, 'isAlone' | 'isGrouped' | 'project'> & {
  readonly series: MetricSeries
  readonly height: number
}

function Curve({ run, name, series, search, channel, height }: CurveProps) {
  const axis = search.x ?? 'step'
  const style = useLineStyles([run.id])(run.id)
  const lines = useMemo(() => {
    const points = linePoints(series, axis, Date.parse(run.started_at))
    return [{ id: run.id, label: run.name || run.id.slice(0, 8), style, total: series.total, ...points }]
  }, [series, axis, run.id, run.name, run.started_at, style])
  return (
    <LineChart
      title={name}
      lines={lines}
      xKind={axis}
      logY={search.log === '1'}
      smoothing={readSmoothing(search.smooth)}
      height={height}
      channel={channel}
    />
  )
}
