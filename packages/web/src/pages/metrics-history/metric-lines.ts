import type { MetricLines } from '@fabrique/contract'
import type { ChartLine } from '../../components/charts/chart-line.js'

/** Lines that can be told apart by colour and dash. */
export const linesDrawnMax = 24
const colors = 6

/** What an answer draws. A line is called by the values of its labels, those that all lines share left out. */
export function linesOf(
  { name, times, items }: Pick<MetricLines, 'name' | 'times' | 'items'>,
  unit = 1,
): readonly ChartLine[] {
  const shown = items.slice(0, linesDrawnMax)
  const varying = [...new Set(shown.flatMap(({ labels }) => Object.keys(labels)))].filter(
    (label) => new Set(shown.map(({ labels }) => labels[label])).size > 1,
  )
  const title = (labels: Readonly<Record<string, string>>) => {
    const own = shown.length === 1 ? Object.keys(labels) : varying
    return own.flatMap((label) => labels[label] ?? []).join(', ') || name
  }
  return [...shown]
    .sort((left, right) => (title(left.labels) < title(right.labels) ? -1 : 1))
    .map(({ labels, values }, at) => ({
      id: JSON.stringify(labels),
      label: title(labels),
      style: { color: (at % colors) + 1, dash: Math.floor(at / colors) % 4 },
      xs: times,
      ys: unit === 1 ? values : values.map((value) => (value === null ? null : value / unit)),
    }))
}
