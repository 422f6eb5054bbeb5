import type { MetricTrends, ReportMetric } from '@fabrique/contract'
import type { ChartLine } from '../../components/charts/chart-line.js'

type Trend = MetricTrends['metrics'][number]

export interface FigureChart {
  readonly key: string
  readonly metric: string
  readonly column: string | undefined
  /** Of performance the truth and the estimate stand in one chart. */
  readonly isPerformance: boolean
  readonly trends: readonly Trend[]
  readonly min: number | undefined
  readonly max: number | undefined
}

const order = { performance: 0, estimated_performance: 1, quality: 2 } as const

/** One chart for each figure: those with limits first, performance before quality, an estimate beside what it estimates. */
export function figureCharts({ metrics }: MetricTrends): readonly FigureChart[] {
  const charts = new Map<string, Trend[]>()
  for (const trend of metrics.toSorted((one, other) => order[one.kind] - order[other.kind])) {
    if (trend.points.every(({ value }) => value === null)) continue
    const isPerformance = trend.kind !== 'quality'
    const key = `${isPerformance ? 'performance' : 'quality'} ${trend.metric} ${trend.column ?? ''}`
    charts.set(key, [...(charts.get(key) ?? []), trend])
  }
  const found = [...charts].map(([key, trends]) => ({
    key,
    metric: trends[0]?.metric ?? '',
    column: trends[0]?.column,
    isPerformance: trends[0]?.kind !== 'quality',
    trends,
    min: trends.find(({ min }) => min !== undefined)?.min,
    max: trends.find(({ max }) => max !== undefined)?.max,
  }))
  const isFree = ({ min, max }: FigureChart) => min === undefined && max === undefined
  return found.toSorted((one, other) => Number(isFree(one)) - Number(isFree(other)))
}

export interface FigureNames {
  readonly kinds: Readonly<Record<ReportMetric['kind'], string>>
  readonly lower: string
  readonly upper: string
}

/** The lines of a chart: each kind with its band, then the limits as dashes. */
export function figureLines({ trends, min, max }: FigureChart, names: FigureNames): readonly ChartLine[] {
  const values = trends.map((trend, index): ChartLine => {
    const own = oneByMoment(trend)
    const hasBand = own.some(({ low, high }) => low !== undefined && high !== undefined)
    return {
      id: trend.kind,
      label: names.kinds[trend.kind],
      style: { color: index + 1, dash: trend.kind === 'estimated_performance' ? 2 : 0 },
      xs: own.map(({ x }) => x),
      ys: own.map(({ value }) => value),
      ...(hasBand
        ? { band: { lows: own.map(({ low }) => low ?? null), highs: own.map(({ high }) => high ?? null) } }
        : {}),
    }
  })
  const xs = [...new Set(values.flatMap((line) => line.xs))].sort((one, other) => one - other)
  const bound = (id: string, label: string, value: number | undefined): readonly ChartLine[] =>
    value === undefined ? [] : [{ id, label, style: { color: 3, dash: 1 }, xs, ys: xs.map(() => value) }]
  return [...values, ...bound('min', names.lower, min), ...bound('max', names.upper, max)]
}

/** Points in the order of time; of two reports in one second the later counts. */
function oneByMoment({ points }: Trend) {
  const found = new Map<number, { readonly x: number } & Trend['points'][number]>()
  for (const point of points) {
    const x = Math.floor(Date.parse(point.at) / 1000)
    found.set(x, { x, ...point })
  }
  return [...found.values()].sort((one, other) => one.x - other.x)
}
