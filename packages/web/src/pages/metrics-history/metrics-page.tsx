import type { RecordedMetric, RecordedMetrics } from '@fabrique/contract'
import { Button, NativeSelect, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { type MetricRange, metricRanges } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { cardsOf, groupsOf } from './metric-cards.js'
import { MetricChart } from './metric-chart.jsx'
import { type ChartQuestion, metricQueries, readings, type Stretch } from './metric-queries.js'
import './metrics.css'

const route = getRouteApi(patterns.metrics)

/** What the server tells of itself, over time: an overview, or one metric with its labels. */
export function MetricsPage() {
  const { t } = useI18n()
  const query = useQuery(metricQueries.list())
  const isPrometheus = query.data?.source.kind === 'prometheus'
  return (
    <Page
      title={t.metrics.title}
      lead={
        <span>
          {t.metrics.intro} {isPrometheus ? t.metrics.fromPrometheus : t.metrics.kept}
        </span>
      }
    >
      <Load query={query} lines={6}>
        {(found) => <Metrics found={found} />}
      </Load>
    </Page>
  )
}

function Metrics({ found }: { readonly found: RecordedMetrics }) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const { range = '1h', from, to, metric } = search
  const changeSearch = useSearchChange()
  const [channel] = useState(() => new CursorChannel())
  const isZoomed = from !== undefined && to !== undefined
  const stretch = useMemo(
    (): Stretch => (isZoomed ? { from: Number(from), to: Number(to) } : { range }),
    [isZoomed, from, to, range],
  )
  const { source, items } = found
  if (source.state === 'away') {
    return <EmptyState title={t.metrics.awayTitle} text={t.metrics.awayText(source.reason ?? '')} />
  }
  if (items.length === 0) return <EmptyState title={t.metrics.emptyTitle} text={t.metrics.emptyText} />
  const onZoom = (least: number, most: number) =>
    changeSearch({ ...search, from: String(Math.floor(least)), to: String(Math.ceil(most)) }, 'push')
  const momentOf = (seconds: string) => f.moment(new Date(Number(seconds) * 1000).toISOString())
  const drawing = { stretch, channel, onZoom }
  const chosen = items.find(({ name }) => name === metric)
  return (
    <>
      <div className="metric-controls">
        <SegmentedControl
          aria-label={t.metrics.range}
          value={isZoomed ? '' : range}
          onChange={(value) =>
            changeSearch({
              ...search,
              range: value === '1h' ? undefined : (value as MetricRange),
              from: undefined,
              to: undefined,
            })
          }
          data={metricRanges.map((value) => ({ value, label: t.metrics.ranges[value] }))}
        />
        <NativeSelect
          label={t.metrics.metric}
          value={metric ?? ''}
          data={[
            { value: '', label: t.metrics.overview },
            ...groupsOf(items).map(({ group, names }) => ({
              group: t.metrics.groups[group],
              items: names.map((name) => ({ value: name, label: name })),
            })),
          ]}
          onChange={(event) =>
            changeSearch(
              { ...search, metric: event.currentTarget.value, by: undefined, read: undefined, quantile: undefined },
              'push',
            )
          }
        />
      </div>
      {isZoomed && (
        <p className="row small">
          {t.metrics.zoomed(momentOf(from), momentOf(to))}
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => changeSearch({ ...search, from: undefined, to: undefined })}
          >
            {t.metrics.zoomOut}
          </Button>
        </p>
      )}
      {metric === undefined ? (
        <div className="metric-charts">
          {cardsOf(items).map(({ id, question, unit }) => (
            <MetricChart key={id} title={t.metrics.cards[id]} question={question} unit={unit} {...drawing} />
          ))}
        </div>
      ) : chosen === undefined ? (
        <EmptyState title={t.metrics.noneOfMetric(metric)} text={t.metrics.noneOfMetricText} />
      ) : (
        <OneMetric metric={chosen} {...drawing} />
      )}
      {found.left_out > 0 && <p className="small muted">{t.metrics.leftOutSeries(found.left_out)}</p>}
    </>
  )
}

interface OneMetricProps {
  readonly metric: RecordedMetric
  readonly stretch: Stretch
  readonly channel: CursorChannel
  readonly onZoom: (from: number, to: number) => void
}

const each = '*'

function OneMetric({ metric, ...drawing }: OneMetricProps) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const { name, kind, labels } = metric
  const allowed: readonly string[] = readings[kind]
  const read = search.read !== undefined && allowed.includes(search.read) ? search.read : readings[kind][0]
  const quantile = search.quantile ?? '0.95'
  const by = search.by ?? each
  const question: ChartQuestion = {
    name,
    read,
    ...(read === 'quantile' ? { quantile } : {}),
    ...(by === each ? {} : { aggregate: kind === 'gauge' ? 'avg' : 'sum', by: by === 'none' ? '' : by }),
  }
  return (
    <>
      <div className="metric-controls">
        <NativeSelect
          label={t.metrics.read}
          value={read}
          data={readings[kind].map((value) => ({ value: `${value}`, label: t.metrics.reads[value] }))}
          onChange={(event) => changeSearch({ ...search, read: event.currentTarget.value })}
        />
        {read === 'quantile' && (
          <NativeSelect
            label={t.metrics.quantile}
            value={quantile}
            data={['0.5', '0.9', '0.95', '0.99'].map((value) => ({ value, label: f.metric(Number(value)) }))}
            onChange={(event) => changeSearch({ ...search, quantile: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={t.metrics.by}
          value={by}
          data={[
            { value: each, label: t.metrics.eachSeries },
            { value: 'none', label: t.metrics.allTogether },
            ...Object.keys(labels).map((label) => ({ value: label, label })),
          ]}
          onChange={(event) =>
            changeSearch({ ...search, by: event.currentTarget.value === each ? undefined : event.currentTarget.value })
          }
        />
      </div>
      <MetricChart title={`${name}, ${t.metrics.reads[read]}`} question={question} height={320} {...drawing} />
    </>
  )
}
