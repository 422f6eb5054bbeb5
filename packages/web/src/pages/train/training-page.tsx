import type { Job, Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { TrainingReports } from '../../components/reports/training-reports.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { ChildRuns } from '../run/child-runs.jsx'
import { ParallelLink } from '../run/run-reports.jsx'
import { isRunning, useRun } from '../run/use-run.js'
import { targetOf } from './draft-of-run.js'
import { TrainAgain } from './train-again.jsx'
import { trainQueries } from './train-queries.js'
import { estimatorName, refusalHint, useTrainTexts } from './train-texts.js'
import { TrainingActions } from './training-actions.jsx'
import { TrainingComparison } from './training-comparison.jsx'
import { TrainingCurves } from './training-curves.jsx'
import { TrainingDecision } from './training-decision.jsx'
import { TrainingHistory } from './training-history.jsx'
import { TrainingLive } from './training-live.jsx'
import { TrainingMetrics } from './training-metrics.jsx'
import { TrainingStages } from './training-stages.jsx'
import './train.css'

const route = getRouteApi(patterns.training)

/** One training: how far it is, and what came of it. */
export function TrainingPage() {
  const texts = useTrainTexts()
  const { project, run: id } = route.useParams()
  const query = useRun(id)
  const run = query.data
  const job = useQuery(trainQueries.job(run?.tags['fabrique.job'] ?? '')).data
  return (
    <Page
      title={run === undefined ? texts.form : texts.run.title(run.name || id.slice(0, 8))}
      crumbs={[{ label: project }, { label: texts.title, to: paths.train({ project }) }]}
      actions={run !== undefined && <TrainingActions project={project} run={run} job={job} />}
    >
      <Load query={query} lines={8}>
        {(found) => <TrainingBody key={id} project={project} run={found} job={job} />}
      </Load>
    </Page>
  )
}

interface TrainingBodyProps {
  readonly project: string
  readonly run: Run
  readonly job: Job | undefined
}

function TrainingBody({ project, run, job }: TrainingBodyProps) {
  const texts = useTrainTexts()
  const isOpen = isRunning(run)
  const target = targetOf(run)
  const dataset = run.datasets.find(({ snapshot_id }) => snapshot_id !== undefined)
  const isDone = run.status === 'FINISHED'
  return (
    <>
      <TrainingFacts project={project} run={run} />
      {isOpen && <TrainingLive run={run} job={job} />}
      {run.status === 'FAILED' && <TrainingFailure run={run} job={job} />}
      {run.status === 'KILLED' && <p className="tone-warning">{texts.run.cancelled}</p>}
      {isDone && <TrainingMetrics run={run} />}
      {isDone && <TrainingDecision run={run} />}
      <TrainingCurves run={run} />
      {isOpen && <ChildRuns project={project} run={run} />}
      {isDone && (
        <section className="stack-tight" aria-labelledby="training-reports-title">
          <h2 id="training-reports-title">{texts.run.reports}</h2>
          <TrainingReports runId={run.id} level={3} parallel={<ParallelLink project={project} run={run} />} />
        </section>
      )}
      {isDone && dataset !== undefined && target !== undefined && (
        <>
          <TrainingComparison project={project} run={run} dataset={dataset.name} target={target} />
          <TrainingHistory project={project} dataset={dataset.name} target={target} />
        </>
      )}
      {job !== undefined && <TrainingStages run={run} job={job} />}
    </>
  )
}

function TrainingFacts({ project, run }: { readonly project: string; readonly run: Run }) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const target = targetOf(run)
  const { estimator } = run.params
  const dataset = run.datasets.find(({ snapshot_id }) => snapshot_id !== undefined)
  return (
    <div className="spread">
      <FactRow
        facts={[
          { name: texts.run.state, value: <StateWord state={runState(run.status)} /> },
          ...(target === undefined ? [] : [{ name: texts.run.target, value: target }]),
          ...(estimator === undefined ? [] : [{ name: texts.run.estimator, value: estimatorName(texts, estimator) }]),
          ...(dataset?.snapshot_id === undefined
            ? []
            : [
                {
                  name: texts.run.data,
                  value: (
                    <AppLink to={paths.snapshot({ project, dataset: dataset.name, snapshot: dataset.snapshot_id })}>
                      {dataset.name}
                    </AppLink>
                  ),
                },
              ]),
          { name: texts.run.started, value: <Moment at={run.started_at} /> },
          {
            name: texts.run.took,
            value: isRunning(run) ? (
              <Elapsed since={run.started_at} />
            ) : run.duration_ms === undefined ? (
              '–'
            ) : (
              f.duration(run.duration_ms)
            ),
          },
        ]}
      />
      <div className="train-links">
        <AppLink to={paths.run({ project, run: run.id })}>{texts.run.openRun}</AppLink>
        <TrainAgain project={project} run={run} label={texts.run.again} />
      </div>
    </div>
  )
}

function Elapsed({ since }: { readonly since: string }) {
  const { f } = useI18n()
  const now = useNow(1000)
  return f.duration(Math.max(Math.floor((now - Date.parse(since)) / 1000) * 1000, 0))
}

/** Why it failed: the job says it in the language of the reader, the run in that of the one who asked. */
function TrainingFailure({ run, job }: { readonly run: Run; readonly job: Job | undefined }) {
  const texts = useTrainTexts()
  const code = job?.error?.code ?? run.tags['fabrique.error_code']
  const message = job?.error?.message ?? run.tags['fabrique.error'] ?? texts.run.failed
  return (
    <ProblemPanel
      title={texts.run.failed}
      message={message}
      {...(code === undefined ? {} : { code })}
      hint={(code === 'training_refused' ? refusalHint(texts, message) : undefined) ?? job?.error?.hint}
    />
  )
}
