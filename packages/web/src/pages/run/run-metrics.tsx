import type { Run } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useSearchChange } from '../../routing/use-search-change.js'
import { MetricChart } from './metric-chart.jsx'
import { reducePoints } from './reduce-points.js'

const chartPointsMax = 2000
const tableRowsMax = 500

/** The history of one metric, chosen in the address. */
export function RunMetrics({ run, wanted }: { readonly run: Run; readonly wanted: string | undefined }) {
  const { t } = useI18n()
  const changeSearch = useSearchChange()
  const names = Object.keys(run.metrics).sort()
  const metric = names.find((name) => name === wanted) ?? names[0]
  if (metric === undefined) return <p className="muted">{t.run.noMetrics}</p>
  return (
    <div className="stack">
      <NativeSelect
        label={t.run.chooseMetric}
        value={metric}
        data={names}
        onChange={(event) => changeSearch({ metric: event.currentTarget.value })}
        style={{ maxWidth: 320 }}
      />
      <MetricHistory key={metric} run={run.id} metric={metric} />
    </div>
  )
}

function MetricHistory({ run, metric }: { readonly run: string; readonly metric: string }) {
  const { t, f } = useI18n()
  const query = useQuery(queries.metric(run, metric))
  return (
    <Load query={query} lines={8}>
      {({ items }) => {
        const numbers = items.flatMap(({ step, value }) => (typeof value === 'number' ? [{ step, value }] : []))
        const shown = reducePoints(numbers, chartPointsMax)
        return (
          <div className="stack">
            {numbers.length < 2 ? (
              <p className="muted">{t.run.onePoint}</p>
            ) : (
              <MetricChart metric={metric} points={shown} total={numbers.length} />
            )}
            {shown.length < numbers.length && (
              <p className="muted">{t.run.reducedTo(f.integer(shown.length), f.integer(numbers.length))}</p>
            )}
            <section className="stack-tight" style={{ maxWidth: 720 }}>
              <h2>{t.run.pointsTable}</h2>
              {items.length > tableRowsMax && (
                <p className="muted">{t.common.showingOf(f.integer(tableRowsMax), f.integer(items.length))}</p>
              )}
              <DataTable
                label={t.run.pointsTable}
                rows={items.slice(0, tableRowsMax)}
                rowKey={({ step, timestamp_ms, value }) => `${step} ${timestamp_ms} ${value}`}
                columns={[
                  { id: 'step', header: t.run.step, isNumber: true, render: ({ step }) => f.integer(step) },
                  { id: 'value', header: t.run.value, isNumber: true, render: ({ value }) => f.exact(value) },
                  {
                    id: 'time',
                    header: t.run.time,
                    isNumber: true,
                    render: ({ timestamp_ms }) => f.time(new Date(timestamp_ms).toISOString()),
                  },
                ]}
              />
            </section>
          </div>
        )
      }}
    </Load>
  )
}
