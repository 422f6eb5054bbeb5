import type { Run } from '@fabrique/contract'

export interface MetricGroup {
  /** What stands before the first `/`; empty for metrics without one. */
  readonly prefix: string
  readonly metrics: readonly string[]
}

const byName = new Intl.Collator('en', { numeric: true })

/** The metrics of some runs by name, grouped by what stands before the first `/`; those without come first. */
export function metricGroups(runs: readonly Run[], find: string): readonly MetricGroup[] {
  const wanted = find.trim().toLowerCase()
  const names = [...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))]
    .filter((name) => name.toLowerCase().includes(wanted))
    .sort(byName.compare)
  const groups = new Map<string, string[]>([['', []]])
  for (const name of names) {
    const at = name.indexOf('/')
    const prefix = at > 0 ? name.slice(0, at) : ''
    groups.set(prefix, [...(groups.get(prefix) ?? []), name])
  }
  return [...groups].flatMap(([prefix, metrics]) => (metrics.length === 0 ? [] : [{ prefix, metrics }]))
}

/** Whether no run has more than one point of a metric: then there is no line, only values to set beside each other. */
export const isSingleValue = (runs: readonly Run[], metric: string): boolean =>
  runs.every(({ metrics }) => (metrics[metric]?.count ?? 2) <= 1 || metrics[metric] === undefined)
