import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { CopyButton } from '../../components/copy-button.jsx'
import { type Fact, FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

export type RunTab = 'overview' | 'metrics' | 'artifacts' | 'reproduce'

interface RunFrameProps {
  readonly project: string
  readonly run: string
  readonly tab: RunTab
  readonly children: (run: Run) => ReactNode
}

/** The head of a run, the same on each of its tabs, and the tabs. */
export function RunFrame({ project, run: id, tab, children }: RunFrameProps) {
  const { t } = useI18n()
  const query = useQuery({
    ...queries.run(id),
    refetchInterval: ({ state }) => (state.data?.status === 'RUNNING' ? 2000 : false),
  })
  const values = { project, run: id }
  const name = query.data?.name
  const tabs = [
    { id: 'overview', label: t.run.tabs.overview, to: paths.run(values) },
    { id: 'metrics', label: t.run.tabs.metrics, to: paths.runMetrics(values) },
    { id: 'artifacts', label: t.run.tabs.artifacts, to: paths.runArtifacts(values) },
    { id: 'reproduce', label: t.run.tabs.reproduce, to: paths.runReproduce(values) },
  ]
  return (
    <Page
      title={name === undefined || name === '' ? id.slice(0, 8) : name}
      crumbs={[{ label: project }, { label: t.runs.title, to: paths.runs({ project }) }]}
    >
      <Load query={query} lines={8}>
        {(run) => (
          <>
            <RunHead project={project} run={run} />
            <Tabs label={t.run.tabs.label} tabs={tabs} current={tab} />
            {children(run)}
          </>
        )}
      </Load>
    </Page>
  )
}

function RunHead({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t, f } = useI18n()
  const error = run.tags['fabrique.error'] ?? run.tags['mlflow.error']
  const data = run.datasets.map((used) => (
    <span key={`${used.name}${used.digest}`}>
      {used.snapshot_id === undefined ? (
        `${used.name} ${used.digest}`
      ) : (
        <AppLink
          to={paths.dataset({ project, dataset: used.name })}
          search={{ snapshot: used.snapshot_id, tab: 'rows' }}
        >
          {`${used.name} ${used.digest.slice(0, 12)}`}
        </AppLink>
      )}
    </span>
  ))
  const versions = run.model_versions.map(({ name: model, version }) => (
    <AppLink key={`${model}/${version}`} to={paths.modelVersion({ model, version })}>
      {`${model}, ${t.common.version(version).toLowerCase()}`}
    </AppLink>
  ))
  const facts: readonly Fact[] = [
    { name: t.runs.status, value: <StateWord state={runState(run.status)} /> },
    { name: t.runs.started, value: <Moment at={run.started_at} relative={false} /> },
    { name: t.runs.duration, value: run.duration_ms === undefined ? '–' : f.duration(run.duration_ms) },
    { name: t.runs.user, value: run.user },
    { name: t.run.trainedOn, value: data.length === 0 ? '–' : data },
    { name: t.run.madeModel, value: versions.length === 0 ? '–' : versions },
    {
      name: t.run.id,
      value: (
        <>
          <code title={run.id}>{run.id.slice(0, 12)}</code>
          <CopyButton value={run.id} what={t.run.id} />
        </>
      ),
    },
  ]
  return (
    <>
      {run.status === 'FAILED' && error !== undefined && <ProblemPanel message={error} />}
      <FactRow facts={facts} />
    </>
  )
}
