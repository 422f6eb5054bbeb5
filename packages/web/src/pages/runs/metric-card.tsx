import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import type { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart } from '../../components/charts/line-chart.jsx'
import type { LineStyle } from '../../components/charts/line-style.js'
import type { XKind } from '../../components/charts/tick-format.js'
import { Load } from '../../components/load.jsx'
import { isSingleValue } from './metric-groups.js'
import { runsQueries } from './runs-queries.js'
import { seriesLines } from './series-lines.js'
import { useInSight } from './use-in-sight.js'
import { ValueBars } from './value-bars.jsx'

export interface ChartSettings {
  readonly xKind: XKind
  readonly logY: boolean
  readonly smoothing: number
  readonly from: number | undefined
  readonly to: number | undefined
}

interface MetricCardProps {
  readonly metric: string
  readonly runs: readonly Run[]
  readonly settings: ChartSettings
  readonly styleOf: (id: string) => LineStyle
  readonly channel: CursorChannel
  readonly onZoom: ((from: number, to: number) => void) | undefined
}

/** A metric of the shown runs. What it draws is asked for when it comes into sight. */
export function MetricCard(props: MetricCardProps) {
  const { metric, runs } = props
  const card = useRef<HTMLElement>(null)
  const isInSight = useInSight(card)
  const isSingle = isSingleValue(runs, metric)
  return (
    <section ref={card} className="metric-card" aria-label={metric} data-curve={!isSingle || undefined}>
      <h3>{metric}</h3>
      {isSingle ? <ValueBars {...props} /> : isInSight ? <MetricLines {...props} /> : <div className="metric-wait" />}
    </section>
  )
}

const pointsMax = 1000
const chartHeightPx = 200
const refreshMs = 10_000

function MetricLines({ metric, runs, settings, styleOf, channel, onZoom }: MetricCardProps) {
  const { xKind, logY, smoothing, from, to } = settings
  const withMetric = runs.filter(({ metrics }) => metrics[metric] !== undefined)
  const isGrowing = withMetric.some(({ status }) => status === 'RUNNING')
  const query = useQuery({
    ...runsQueries.seriesOfRuns({
      run_ids: withMetric.map(({ id }) => id),
      keys: [metric],
      points: pointsMax,
      ...(from === undefined ? {} : { min_step: from }),
      ...(to === undefined ? {} : { max_step: to }),
    }),
    refetchInterval: isGrowing ? refreshMs : false,
  })
  const series = query.data?.items
  const lines = useMemo(
    () => seriesLines({ metric, runs, series: series ?? [], xKind, styleOf }),
    [metric, runs, series, xKind, styleOf],
  )
  return (
    <Load query={query} lines={5}>
      {() => (
        <LineChart
          title={metric}
          lines={lines}
          xKind={xKind}
          logY={logY}
          smoothing={smoothing}
          height={chartHeightPx}
          channel={channel}
          {...(onZoom === undefined ? {} : { onZoom })}
        />
      )}
    </Load>
  )
}
