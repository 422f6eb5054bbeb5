import type { ColumnTrend } from '@fabrique/contract'
import type { ChartLine } from '../../components/charts/chart-line.js'

type Point = ColumnTrend['points'][number]

/** Points in the order of time; of two reports in one second the later counts. */
function byMoment(points: readonly Point[]): readonly (readonly [second: number, point: Point])[] {
  const found = new Map(points.map((point) => [Math.floor(Date.parse(point.at) / 1000), point]))
  return [...found].sort(([one], [other]) => one - other)
}

/** The score and its threshold; a report that could not test the column is a gap, not a zero. */
export function scoreLines(points: readonly Point[], score: string, threshold: string): readonly ChartLine[] {
  const found = byMoment(points)
  const xs = found.map(([second]) => second)
  const line = { id: 'score', label: score, style: { color: 1, dash: 0 }, xs, ys: found.map(([, one]) => one.score) }
  const bounds = found.map(([, one]) => one.threshold)
  if (bounds.every((bound) => bound === null)) return [line]
  return [line, { id: 'threshold', label: threshold, style: { color: 3, dash: 1 }, xs, ys: bounds }]
}

/** Share of the current rows without a value, in percent. */
export function missingLine(points: readonly Point[], label: string): ChartLine {
  const found = byMoment(points)
  return {
    id: 'missing',
    label,
    style: { color: 1, dash: 0 },
    xs: found.map(([second]) => second),
    ys: found.map(([, { missing_share: share }]) => (share === null ? null : share * 100)),
  }
}

/** Whether all scores are of one method: those of two do not compare. */
export function isOneMethod(points: readonly Point[]): boolean {
  return new Set(points.flatMap(({ method, score }) => (score === null ? [] : [method]))).size < 2
}
