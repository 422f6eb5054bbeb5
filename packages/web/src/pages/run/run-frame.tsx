import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { hasReports } from '../../components/reports/report-files.js'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { RunActions } from './run-actions.jsx'
import { RunHead } from './run-head.jsx'
import { RunNotices } from './run-notices.jsx'
import { useRun } from './use-run.js'

export type RunTab = 'overview' | 'metrics' | 'artifacts' | 'reports' | 'reproduce'

interface RunFrameProps {
  readonly project: string
  readonly run: string
  readonly tab: RunTab
  readonly children: (run: Run) => ReactNode
}

/** The head of a run, the same on each of its tabs, and the tabs; all of it follows the run while it runs. */
export function RunFrame({ project, run: id, tab, children }: RunFrameProps) {
  const { t, f } = useI18n()
  const query = useRun(id)
  const artifacts = useQuery(queries.artifacts(id))
  const rename = useChange(
    (name: string) => call('updateRun', { params: { run: id }, body: { name } }),
    ['run', 'runs'],
  )
  const run = query.data
  const values = { project, run: id }
  const tabs = [
    { id: 'overview', label: t.run.tabs.overview, to: paths.run(values) },
    {
      id: 'metrics',
      label: t.run.tabs.metrics,
      to: paths.runMetrics(values),
      ...(run === undefined ? {} : { count: f.integer(Object.keys(run.metrics).length) }),
    },
    { id: 'artifacts', label: t.run.tabs.artifacts, to: paths.runArtifacts(values) },
    ...(tab === 'reports' || hasReports(artifacts.data?.items ?? [])
      ? [{ id: 'reports', label: t.run.tabs.reports, to: paths.runReports(values) }]
      : []),
    { id: 'reproduce', label: t.run.tabs.reproduce, to: paths.runReproduce(values) },
    {
      id: 'traces',
      label: t.nav.traces,
      to: paths.traces(),
      search: { run: id, ...(run === undefined ? {} : { experiment: run.experiment_id }) },
    },
    { id: 'lineage', label: t.nav.lineage, to: paths.lineage({ kind: 'run', id }) },
  ]
  const title = run?.name || id.slice(0, 8)
  return (
    <Page
      title={title}
      crumbs={[{ label: project }, { label: t.runs.title, to: paths.runs({ project }) }]}
      rename={
        run === undefined || run.is_deleted === true
          ? undefined
          : { label: t.run.runName, value: run.name, onSave: rename.mutateAsync }
      }
      actions={run !== undefined && run.is_deleted !== true && <RunActions run={run} />}
    >
      <Load query={query} lines={8}>
        {(found) => (
          <>
            <RunNotices project={project} run={found} dataUpdatedAt={query.dataUpdatedAt} />
            <RunHead project={project} run={found} />
            <Tabs label={t.run.tabs.label} tabs={tabs} current={tab} />
            {children(found)}
          </>
        )}
      </Load>
    </Page>
  )
}
