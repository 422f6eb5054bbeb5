import type { ReportComparison } from '@fabrique/contract'
import { Checkbox } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { ColumnStateWord } from './column-state.jsx'
import { monitoringQueries } from './monitoring-queries.js'

type Compared = ReportComparison['columns'][number]
type Side = NonNullable<Compared['before']>

interface ReportComparisonPartProps {
  readonly report: string
  readonly before: string
  readonly monitor: string
}

/** Two reports beside each other: what began to drift, and what ended. */
export function ReportComparisonPart({ report, before, monitor }: ReportComparisonPartProps) {
  const query = useQuery(monitoringQueries.comparison(report, before))
  return (
    <Load query={query} lines={6}>
      {(comparison) => <Comparison comparison={comparison} monitor={monitor} />}
    </Load>
  )
}

function Comparison({ comparison, monitor }: { readonly comparison: ReportComparison; readonly monitor: string }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { before, after, columns } = comparison
  const differing = columns.filter(({ change }) => change !== 'same')
  const [isOnly, setOnly] = useState(differing.length > 0)
  const title = words.compared(f.moment(before.at), f.moment(after.at))
  return (
    <section className="panel stack-tight" aria-labelledby="compared-reports">
      <div className="spread">
        <h2 id="compared-reports">{title}</h2>
        <AppLink to={paths.monitor({ monitor })} search={{ tab: 'reports' }}>
          {words.endComparison}
        </AppLink>
      </div>
      <div className="row">
        <p role="status">{words.differ(f.integer(differing.length), f.integer(columns.length))}</p>
        <Checkbox
          label={words.differencesOnly}
          checked={isOnly}
          onChange={(event) => setOnly(event.currentTarget.checked)}
        />
      </div>
      <DataTable
        label={title}
        rows={isOnly ? differing : columns}
        rowKey={({ name }) => name}
        columns={[
          {
            id: 'name',
            header: words.column,
            render: ({ name }) => (
              <AppLink to={paths.monitorColumn({ monitor, column: name })}>
                <code className="wraps-narrow">{name}</code>
              </AppLink>
            ),
          },
          { id: 'change', header: words.change, render: ({ change }) => words.changes[change] },
          { id: 'before', header: words.before, render: (one) => <StateOf side={one.before} /> },
          { id: 'after', header: words.after, render: (one) => <StateOf side={one.after} /> },
          { id: 'scores', header: words.score, isNumber: true, render: (one) => <Scores {...one} /> },
        ]}
      />
    </section>
  )
}

const StateOf = ({ side }: { readonly side: Side | undefined }) =>
  side === undefined ? '–' : <ColumnStateWord column={side} />

function Scores({ before, after }: Pick<Compared, 'before' | 'after'>) {
  const { t, f } = useI18n()
  const text = (side: Side | undefined) => (side === undefined || side.score === null ? '–' : f.metric(side.score))
  return <span title={after?.method_title ?? undefined}>{t.monitoring.missingOf(text(before), text(after))}</span>
}
