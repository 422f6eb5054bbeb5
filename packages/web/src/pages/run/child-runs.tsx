import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { childRunsMax, queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

const metricsMax = 4

/** The runs that name this one as their parent, as a search of parameters makes them; nothing where there are none. */
export function ChildRuns({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t, f } = useI18n()
  const { data } = useQuery(queries.childRuns(run))
  const children = data?.items ?? []
  if (children.length === 0) return null
  const metrics = [...new Set(children.flatMap((child) => Object.keys(child.metrics)))].sort().slice(0, metricsMax)
  return (
    <section className="stack-tight">
      <h2>{t.run.children(children.length)}</h2>
      {data?.next_page_token !== undefined && <p className="muted">{t.run.firstChildren(f.integer(childRunsMax))}</p>}
      <DataTable
        label={t.run.children(children.length)}
        rows={children}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: t.runs.name,
            render: ({ id, name }) => <AppLink to={paths.run({ project, run: id })}>{name || id.slice(0, 12)}</AppLink>,
          },
          { id: 'status', header: t.runs.status, render: ({ status }) => <StateWord state={runState(status)} /> },
          { id: 'started', header: t.runs.started, render: ({ started_at }) => <Moment at={started_at} /> },
          {
            id: 'duration',
            header: t.runs.duration,
            isNumber: true,
            render: ({ duration_ms }) => (duration_ms === undefined ? '–' : f.duration(duration_ms)),
          },
          ...metrics.map((name) => ({
            id: `metrics.${name}`,
            header: name,
            isNumber: true,
            render: (child: Run) => {
              const value = child.metrics[name]?.value
              return value === undefined ? '–' : <span title={f.exact(value)}>{f.metric(value)}</span>
            },
          })),
        ]}
      />
    </section>
  )
}
