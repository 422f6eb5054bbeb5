import type { FeatureDistribution, FeatureStatistics, FeatureView } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart } from '../../components/charts/line-chart.jsx'
import { DataTable, type TableColumn } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { densities } from '../datasets/distribution.js'
import { Densities, Histogram } from '../datasets/histogram.jsx'
import { showRounded } from '../datasets/show-value.js'
import { featureQueries } from './feature-queries.js'
import { featureOf, type Points, pointsOf, shareOf, spreadOf } from './statistics-points.js'

interface StatisticsPartProps {
  readonly view: FeatureView
  /** The one that is drawn over time; the first one by default. */
  readonly feature: string | undefined
}

/** What a view held each time it was materialised: the newest beside the one before, and curves over time. */
export function StatisticsPart({ view, feature }: StatisticsPartProps) {
  const { t } = useI18n()
  const query = useQuery(featureQueries.statistics(view.project, view.name))
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        const [newest, ...others] = items
        if (newest === undefined)
          return <EmptyState title={t.features.statistics.none} text={t.features.statistics.noneText} />
        const known = newest.features.map(({ name }) => name)
        const shown = feature !== undefined && known.includes(feature) ? feature : known[0]
        return (
          <div className="stack">
            <NewestFigures newest={newest} />
            <FeatureFigures
              view={view}
              newest={newest}
              before={others.find(({ version }) => version === newest.version)}
              shown={shown}
            />
            {items.length < 2 ? (
              <p className="muted">{t.features.statistics.onePoint}</p>
            ) : (
              <Curves statistics={items} feature={shown} />
            )}
          </div>
        )
      }}
    </Load>
  )
}

function NewestFigures({ newest }: { readonly newest: FeatureStatistics }) {
  const { t, f } = useI18n()
  const words = t.features.statistics
  return (
    <FactRow
      facts={[
        { name: t.features.materialize.until, value: <Moment at={newest.until} relative={false} /> },
        { name: words.rows, value: f.integer(newest.rows) },
        { name: t.features.keys, value: f.integer(newest.keys) },
        ...(newest.looked_at === newest.keys ? [] : [{ name: words.lookedAt, value: f.integer(newest.looked_at) }]),
        {
          name: words.tooOld,
          value: words.ofShare(f.integer(newest.too_old), f.percent(shareOf(newest.too_old, newest))),
        },
      ]}
    />
  )
}

interface FeatureFiguresProps {
  readonly view: FeatureView
  readonly newest: FeatureStatistics
  readonly before: FeatureStatistics | undefined
  readonly shown: string | undefined
}

function FeatureFigures({ view, newest, before, shown }: FeatureFiguresProps) {
  const { t, f } = useI18n()
  const words = t.features.statistics
  const { project, name: viewName } = view
  const to = paths.featureView({ project, view: viewName })
  const beforeColumn: TableColumn<FeatureDistribution> = {
    id: 'before',
    header: words.nullsBefore,
    isNumber: true,
    render: ({ name }) => {
      const found = featureOf(before, name)
      return found === undefined ? '–' : <span className="muted">{f.percent(found.null_rate)}</span>
    },
  }
  return (
    <div className="stack-tight">
      {before !== undefined && (
        <p className="density-legend small">
          <span data-part="head">{f.moment(newest.until)}</span>
          <span data-part="base">{words.before(f.moment(before.until))}</span>
        </p>
      )}
      <DataTable
        label={t.features.view.tabs.statistics}
        rows={newest.features}
        rowKey={({ name }) => name}
        isChosen={({ name }) => name === shown}
        columns={[
          {
            id: 'name',
            header: t.features.name,
            render: ({ name }) => (
              <AppLink
                to={to}
                search={{ tab: 'statistics', feature: name }}
                aria-current={name === shown ? 'true' : undefined}
              >
                <code className="wraps-narrow">{name}</code>
              </AppLink>
            ),
          },
          { id: 'nulls', header: words.nulls, isNumber: true, render: ({ null_rate }) => f.percent(null_rate) },
          ...(before === undefined ? [] : [beforeColumn]),
          { id: 'distinct', header: words.distinct, isNumber: true, render: ({ distinct }) => f.integer(distinct) },
          {
            id: 'mean',
            header: words.mean,
            isNumber: true,
            render: ({ numbers }) => (numbers === undefined ? '–' : showRounded(numbers.mean, f)),
          },
          {
            id: 'range',
            header: words.range,
            isNumber: true,
            render: ({ numbers }) => <Range quantiles={numbers?.quantiles} />,
          },
          {
            id: 'distribution',
            header: words.distribution,
            render: (feature) => <Distribution feature={feature} newest={newest} before={before} />,
          },
        ]}
      />
    </div>
  )
}

function Range({ quantiles }: { readonly quantiles: readonly number[] | undefined }) {
  const { t, f } = useI18n()
  const [low, high] = [quantiles?.[0], quantiles?.at(-1)]
  if (low === undefined || high === undefined) return '–'
  return t.features.statistics.between(showRounded(low, f), showRounded(high, f))
}

interface DistributionProps {
  readonly feature: FeatureDistribution
  readonly newest: FeatureStatistics
  readonly before: FeatureStatistics | undefined
}

/** Both on one scale where they can be drawn so; else the newest alone. */
function Distribution({ feature, newest, before }: DistributionProps) {
  const head = spreadOf(feature, newest.looked_at)
  const earlier = featureOf(before, feature.name)
  const base = earlier === undefined || before === undefined ? undefined : spreadOf(earlier, before.looked_at)
  if (base !== undefined && densities(base, head) !== undefined) return <Densities base={base} head={head} />
  return <Histogram profile={head} />
}

const chartHeight = 160

interface CurvesProps {
  readonly statistics: readonly FeatureStatistics[]
  readonly feature: string | undefined
}

function Curves({ statistics, feature }: CurvesProps) {
  const { t } = useI18n()
  const words = t.features.statistics
  const [channel] = useState(() => new CursorChannel())
  const ofFeature = (read: (one: FeatureDistribution) => number | undefined) =>
    pointsOf(statistics, (one) => {
      const found = featureOf(one, feature ?? '')
      return found === undefined ? undefined : read(found)
    })
  const mean = ofFeature(({ numbers }) => numbers?.mean)
  return (
    <>
      {feature !== undefined && (
        <section className="stack-tight" aria-labelledby="feature-curves">
          <h2 id="feature-curves">{words.overTime(feature)}</h2>
          <div className="feature-curves">
            <Curve title={words.nullRate} points={ofFeature(({ null_rate }) => null_rate * 100)} channel={channel} />
            {mean.ys.some((y) => y !== null) ? (
              <Curve title={words.mean} points={mean} channel={channel} />
            ) : (
              <Curve title={words.distinctValues} points={ofFeature(({ distinct }) => distinct)} channel={channel} />
            )}
          </div>
        </section>
      )}
      <section className="stack-tight" aria-labelledby="view-curves">
        <h2 id="view-curves">{words.viewOverTime}</h2>
        <div className="feature-curves">
          <Curve title={t.features.keys} points={pointsOf(statistics, ({ keys }) => keys)} channel={channel} />
          <Curve
            title={words.tooOldShare}
            points={pointsOf(statistics, (one) => shareOf(one.too_old, one) * 100)}
            channel={channel}
          />
        </div>
      </section>
    </>
  )
}

interface CurveProps {
  readonly title: string
  readonly points: Points
  readonly channel: CursorChannel
}

function Curve({ title, points, channel }: CurveProps) {
  return (
    <article className="feature-curve">
      <h3>{title}</h3>
      <LineChart
        title={title}
        xKind="time"
        height={chartHeight}
        channel={channel}
        lines={[{ id: title, label: title, style: { color: 1, dash: 0 }, ...points }]}
      />
    </article>
  )
}
