import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { CopyButton } from '../../components/copy-button.jsx'
import { type Fact, FactRow } from '../../components/facts.jsx'
import { Moment } from '../../components/moment.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { isRunning } from './use-run.js'

/** How a run is, when and where it ran, what it was made from, and what it made. */
export function RunHead({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t } = useI18n()
  const parent = run.tags['mlflow.parentRunId']
  const source = sourceOf(run)
  const facts: readonly Fact[] = [
    { name: t.runs.status, value: <StateWord state={runState(run.status)} /> },
    { name: t.runs.duration, value: <Duration run={run} /> },
    { name: t.runs.started, value: <Moment at={run.started_at} relative={false} /> },
    { name: t.runs.user, value: run.user === '' ? '–' : run.user },
    ...(source === undefined ? [] : [{ name: t.run.source, value: source }]),
    ...(run.datasets.length === 0
      ? []
      : [{ name: t.run.trainedOn, value: <Datasets project={project} datasets={run.datasets} /> }]),
    ...(run.model_versions.length === 0
      ? []
      : [{ name: t.run.madeModel, value: <ModelVersions versions={run.model_versions} /> }]),
    ...(parent === undefined ? [] : [{ name: t.run.parent, value: <ParentRun project={project} id={parent} /> }]),
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
  return <FactRow facts={facts} />
}

/** How long it took; while it runs, how long it has been running now. */
function Duration({ run }: { readonly run: Run }) {
  const { f } = useI18n()
  const now = useNow(1000)
  if (isRunning(run)) return f.duration(Math.max(Math.floor((now - Date.parse(run.started_at)) / 1000) * 1000, 0))
  return run.duration_ms === undefined ? '–' : f.duration(run.duration_ms)
}

function sourceOf({ tags }: Run) {
  const file = tags['mlflow.source.name']
  const commit = tags['mlflow.source.git.commit'] ?? tags['fabrique.code_version']
  if (file === undefined && commit === undefined) return undefined
  return (
    <>
      {file !== undefined && <code title={file}>{file.split('/').at(-1)}</code>}
      {commit !== undefined && (
        <>
          <code title={commit}>{commit.slice(0, 10)}</code>
          <CopyButton value={commit} what={commit.slice(0, 10)} />
        </>
      )}
    </>
  )
}

const shownMax = 3

function Datasets({ project, datasets }: { readonly project: string; readonly datasets: Run['datasets'] }) {
  const { t } = useI18n()
  const different = [...new Map(datasets.map((used) => [`${used.name} ${used.digest}`, used])).values()]
  return (
    <span className="run-links">
      {different.slice(0, shownMax).map(({ name, digest, snapshot_id }) => {
        const label = `${name} ${digest.slice(0, 12)}`
        return snapshot_id === undefined ? (
          <span key={label}>{label}</span>
        ) : (
          <AppLink key={label} to={paths.snapshot({ project, dataset: name, snapshot: snapshot_id })}>
            {label}
          </AppLink>
        )
      })}
      {different.length > shownMax && <span className="muted">{t.run.more(different.length - shownMax)}</span>}
    </span>
  )
}

function ModelVersions({ versions }: { readonly versions: Run['model_versions'] }) {
  const { t } = useI18n()
  return (
    <span className="run-links">
      {versions.slice(0, shownMax).map(({ name: model, version }) => (
        <AppLink key={`${model}/${version}`} to={paths.modelVersion({ model, version })}>
          {`${model}, ${t.common.version(version).toLowerCase()}`}
        </AppLink>
      ))}
      {versions.length > shownMax && <span className="muted">{t.run.more(versions.length - shownMax)}</span>}
    </span>
  )
}

function ParentRun({ project, id }: { readonly project: string; readonly id: string }) {
  const parent = useQuery(queries.run(id))
  return <AppLink to={paths.run({ project, run: id })}>{parent.data?.name || id.slice(0, 12)}</AppLink>
}
