import type { Training } from '@fabrique/contract'
import { bestOf, mainMetrics, taskMetrics } from './metrics.js'

/** One training on a line. */
export interface HistoryPoint {
  readonly training: Training
  /** Seconds since 1970. */
  readonly at: number
  readonly value: number
}

export interface HistoryLine {
  readonly name: string
  /** Oldest first. */
  readonly points: readonly HistoryPoint[]
}

/** Metrics that trainings have, those that people know best first; deviations over folds are none. */
export function historyMetrics(trainings: readonly Training[]): readonly string[] {
  const there = new Set(trainings.flatMap(({ metrics }) => Object.keys(metrics)))
  const known = [...mainMetrics.regression, ...mainMetrics.classification]
  const first = [...known, ...taskMetrics.regression, ...taskMetrics.classification]
  const others = [...there].filter((metric) => !first.includes(metric) && !metric.endsWith('_std')).sort()
  // The first metrics of the task that was trained last stand first.
  const newest = trainings[0]
  const isClass = newest?.task === 'classification' || newest?.metrics.accuracy !== undefined
  const ordered = isClass ? [...mainMetrics.classification, ...first] : first
  return [...new Set([...ordered, ...others])].filter((metric) => there.has(metric))
}

/**
 * A line for each model name, or each estimator where nothing was registered; where several data sets or targets are among them, for each of
 * these. The line that was trained last stands first.
 * @param nameOf what people call an estimator
 */
export function historyLines(
  trainings: readonly Training[],
  metric: string,
  nameOf: (estimator: string) => string,
): readonly HistoryLine[] {
  const subjectOf = ({ dataset, target = '' }: Training) => `${dataset} → ${target}`
  const hasSubjects = new Set(trainings.map(subjectOf)).size > 1
  const lines = new Map<string, HistoryPoint[]>()
  const newestFirst = trainings
    .flatMap((training): HistoryPoint[] => {
      const value = training.metrics[metric]
      const ended = training.ended_at
      if (value === undefined || ended === undefined || !Number.isFinite(value)) return []
      return [{ training, at: Date.parse(ended) / 1000, value }]
    })
    .sort((first, second) => second.at - first.at)
  for (const point of newestFirst) {
    const { estimator = '', model } = point.training
    const own = model ?? nameOf(estimator)
    const name = hasSubjects ? `${own} (${subjectOf(point.training)})` : own
    lines.set(name, [point, ...(lines.get(name) ?? [])])
  }
  return [...lines].map(([name, points]) => ({ name, points }))
}

/** The point with the best value; the earliest of equal ones. */
export function bestPoint(lines: readonly HistoryLine[], metric: string) {
  const points = lines.flatMap((line) => line.points.map((point) => ({ line, point })))
  const best = bestOf(
    metric,
    points.map(({ point }) => point.value),
  )
  return points.filter(({ point }) => point.value === best).sort((first, second) => first.point.at - second.point.at)[0]
}
