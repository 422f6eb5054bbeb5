import type { Run } from '@fabrique/contract'
import type { ReactNode } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Facts } from '../../components/facts.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import './run-overview.css'

/** What went in, what came out, and what was noted. */
export function RunOverview({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t, f } = useI18n()
  const values = { project, run: run.id }
  const metrics = Object.entries(run.metrics).sort(([first], [second]) => first.localeCompare(second))
  const params = Object.entries(run.params).sort(([first], [second]) => first.localeCompare(second))
  const tags = Object.entries(run.tags).sort(([first], [second]) => first.localeCompare(second))
  return (
    <div className="run-overview">
      <Part title={t.run.metrics} isEmpty={metrics.length === 0} empty={t.run.noMetrics}>
        <Facts
          facts={metrics.map(([name, { value }]) => ({
            name,
            value: (
              <AppLink
                to={paths.runMetrics(values)}
                search={{ metric: name }}
                title={f.exact(value)}
                className="run-figure"
              >
                {f.metric(value)}
              </AppLink>
            ),
          }))}
        />
      </Part>
      <Part title={t.run.params} isEmpty={params.length === 0} empty={t.run.noParams}>
        <Facts facts={params.map(([name, value]) => ({ name, value: <code>{value}</code> }))} />
      </Part>
      <Part title={t.run.datasets} isEmpty={run.datasets.length === 0} empty={t.run.noDatasets}>
        <DataTable
          label={t.run.datasets}
          rows={run.datasets}
          rowKey={({ name, digest, context }) => `${name}${digest}${context}`}
          columns={[
            {
              id: 'name',
              header: t.run.name,
              render: ({ name, snapshot_id }) =>
                snapshot_id === undefined ? (
                  name
                ) : (
                  <AppLink
                    to={paths.dataset({ project, dataset: name })}
                    search={{ snapshot: snapshot_id, tab: 'rows' }}
                  >
                    {name}
                  </AppLink>
                ),
            },
            { id: 'context', header: t.run.context, render: ({ context }) => context ?? '–' },
            { id: 'digest', header: t.run.digest, render: ({ digest }) => <code>{digest}</code> },
          ]}
        />
      </Part>
      <Part title={t.run.tags} isEmpty={tags.length === 0} empty={t.run.noTags}>
        <Facts facts={tags.map(([name, value]) => ({ name, value }))} />
      </Part>
    </div>
  )
}

interface PartProps {
  readonly title: string
  readonly isEmpty: boolean
  readonly empty: string
  readonly children: ReactNode
}

function Part({ title, isEmpty, empty, children }: PartProps) {
  return (
    <section className="stack-tight">
      <h2>{title}</h2>
      {isEmpty ? <p className="muted">{empty}</p> : children}
    </section>
  )
}
