import type { ReportMetric } from '@fabrique/contract'
import { DataTable } from '../../components/data-table.jsx'
import { type StateName, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { boundText, metricText, metricValue } from './metric-text.js'
import { sortMetrics } from './sort-metrics.js'

const looks: Readonly<Record<ReportMetric['state'], StateName>> = {
  violated: 'failed',
  not_computed: 'notEvaluated',
  holds: 'passed',
  no_bound: 'skipped',
}

/** The figures of a report with their limits: those that are not held first. What could not be computed and has none is told below. */
export function MetricTable({ metrics }: { readonly metrics: readonly ReportMetric[] }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { shown, left } = sortMetrics(metrics)
  return (
    <section className="stack-tight" aria-labelledby="report-figures">
      <h2 id="report-figures">{words.figures}</h2>
      <DataTable
        label={words.figures}
        rows={shown}
        rowKey={({ kind, metric, column = '' }) => `${kind} ${metric} ${column}`}
        columns={[
          {
            id: 'state',
            header: words.level,
            render: ({ state }) => <StateWord state={looks[state]}>{words.metricStates[state]}</StateWord>,
          },
          {
            id: 'metric',
            header: words.figure,
            isWide: true,
            render: (one) => (
              <div>
                {metricText(one, t)}
                {one.value === null && <p className="small muted">{one.why_not}</p>}
              </div>
            ),
          },
          { id: 'kind', header: words.kind, render: ({ kind }) => words.kinds[kind] },
          { id: 'value', header: words.value, isNumber: true, render: (one) => <Value metric={one} /> },
          { id: 'bound', header: words.bound, isNumber: true, render: (one) => boundText(one, t, f) },
          { id: 'rows', header: words.onRows, isNumber: true, render: ({ rows }) => f.integer(rows) },
        ]}
      />
      {left.map(({ kind, why, names }) => (
        <p key={`${kind} ${why}`} className="small muted prose">
          {words.notComputed(words.kinds[kind], names.map((name) => metricText(name, t)).join(', '), why)}
        </p>
      ))}
    </section>
  )
}

function Value({ metric: { metric, value, low, high } }: { readonly metric: ReportMetric }) {
  const { t, f } = useI18n()
  if (value === null) return '–'
  const show = (one: number) => metricValue(metric, one, f)
  return (
    <>
      {show(value)}
      {low !== undefined && high !== undefined && (
        <span className="small muted"> ({t.monitoring.band(show(low), show(high))})</span>
      )}
    </>
  )
}
