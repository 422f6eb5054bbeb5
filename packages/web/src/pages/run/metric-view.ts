import type { MetricSeries } from '@fabrique/contract'
import { chartValue } from '../../components/charts/align-lines.js'
import type { MetricAxis, MetricsSearch } from '../../routing/search.js'

/** Metric names by what stands before their first `/`, those without one first. */
export function groupMetrics(
  names: readonly string[],
): readonly { readonly prefix: string; readonly names: readonly string[] }[] {
  const groups = new Map<string, string[]>([['', []]])
  for (const name of [...names].sort()) {
    const slash = name.indexOf('/')
    const prefix = slash < 1 ? '' : name.slice(0, slash)
    groups.set(prefix, [...(groups.get(prefix) ?? []), name])
  }
  return [...groups].map(([prefix, group]) => ({ prefix, names: group })).filter(({ names: group }) => group.length > 0)
}

/** The smoothing of the address: a share from 0 to 0.99, and 0 for anything else. */
export function readSmoothing(text: MetricsSearch['smooth']): number {
  const value = Number(text ?? 0)
  return value > 0 && value < 1 ? Math.min(value, 0.99) : 0
}

/** The points of a series against an axis, in the order of the axis. Seconds where the axis is time. */
export function linePoints(series: MetricSeries, axis: MetricAxis, startedAt: number) {
  const places = series.steps.map((step, index) => {
    const at = series.timestamps_ms[index] ?? 0
    const x = axis === 'step' ? step : axis === 'time' ? at / 1000 : (at - startedAt) / 1000
    return { x, y: chartValue(series.values[index] ?? 'NaN') }
  })
  // Clocks go back, and steps are logged in any order; a line needs its places ascending.
  places.sort((first, second) => first.x - second.x)
  return { xs: places.map(({ x }) => x), ys: places.map(({ y }) => y) }
}
