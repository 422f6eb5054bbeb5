import type { Run } from '@fabrique/contract'
import { type LineStyle, lineColor } from '../../components/charts/line-style.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { runLabel } from './run-columns.js'

interface ValueBarsProps {
  readonly metric: string
  readonly runs: readonly Run[]
  readonly styleOf: (id: string) => LineStyle
}

/** One value of each run, the highest first: bars from zero, so that their lengths compare as the values do. */
export function ValueBars({ metric, runs, styleOf }: ValueBarsProps) {
  const { t, f } = useI18n()
  const rows = runs
    .flatMap((run) => {
      const value = run.metrics[metric]?.value
      return value === undefined ? [] : [{ run, value, size: typeof value === 'number' ? value : 0 }]
    })
    .sort((first, second) => second.size - first.size)
  const most = Math.max(...rows.map(({ size }) => Math.abs(size)), Number.MIN_VALUE)
  return (
    <table className="value-bars">
      <caption className="visually-hidden">{t.charts.tableOf(metric)}</caption>
      <colgroup>
        <col style={{ width: '30%' }} />
        <col />
        <col style={{ width: 84 }} />
      </colgroup>
      <tbody>
        {rows.map(({ run, value, size }) => (
          <tr key={run.id}>
            <th scope="row" title={runLabel(run)}>
              {runLabel(run)}
            </th>
            <td>
              <span
                className="value-bar"
                style={{ width: `${(Math.abs(size) / most) * 100}%`, background: lineColor(styleOf(run.id)) }}
              />
            </td>
            <td className="number" title={f.exact(value)}>
              {f.metric(value)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
