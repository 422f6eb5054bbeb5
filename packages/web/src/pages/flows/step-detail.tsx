import type { FlowStep, Json } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { JsonTree } from '../../components/files/json-tree.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { FailureText } from './failure-text.jsx'
import { flowQueries } from './flow-queries.js'
import { FlowStateWord } from './flow-state.jsx'
import { RunAgainButton } from './run-again.jsx'
import { RunDuration } from './run-duration.jsx'
import { RunLink } from './run-link.jsx'
import { shortId } from './short-id.js'
import { StepProgress } from './step-table.jsx'

const route = getRouteApi(patterns.flowRun)

/** All that is known of one step: its attempts with what went wrong, what it waits for, and its result. */
export function StepDetail({ step, isOpen }: { readonly step: FlowStep; readonly isOpen: boolean }) {
  const { t } = useI18n()
  const params = route.useParams()
  const words = t.flows.steps
  const { name, kind, state, attempts, error, result, child_run: child, job, progress, approval, map } = step
  const { result_left_out: leftOut, taken_from: takenFrom } = step
  return (
    <section className="panel stack-tight" aria-labelledby="step-title">
      <div className="spread">
        <h2 id="step-title">{name}</h2>
        <div className="row">
          <AppLink to={paths.flowRun(params)} search={{ tab: 'logs', step: name }} className="button-link">
            {words.itsLog}
          </AppLink>
          {!isOpen && map === undefined && <RunAgainButton run={params.run} step={name} />}
        </div>
      </div>
      <FactRow
        facts={[
          { name: words.kind, value: t.flows.stepKinds[kind] },
          { name: t.flows.runs.state, value: <FlowStateWord state={state} /> },
          { name: t.flows.runs.duration, value: <RunDuration run={step} /> },
          ...(child === undefined ? [] : [{ name: words.child, value: <RunLink id={child} /> }]),
          ...(job === undefined
            ? []
            : [{ name: words.job, value: <AppLink to={paths.jobs()}>{shortId(job)}</AppLink> }]),
          ...(takenFrom === undefined ? [] : [{ name: words.takenFrom, value: <RunLink id={takenFrom} /> }]),
          ...(progress === undefined ? [] : [{ name: words.progress, value: <StepProgress progress={progress} /> }]),
          ...(approval?.decision === undefined
            ? []
            : [
                {
                  name: words.decision,
                  value: [t.flows.approval.decisions[approval.decision], approval.decided_by, approval.comment]
                    .filter((part) => part !== undefined && part !== '')
                    .join(', '),
                },
              ]),
        ]}
      />
      {error !== undefined && <FailureText failure={error} />}
      {attempts.length > 0 && (
        <DataTable
          label={words.attempts}
          rows={attempts}
          rowKey={({ attempt }) => String(attempt)}
          isMarked={({ state: ended }) => ended === 'failed' || ended === 'crashed' || ended === 'timed_out'}
          columns={[
            { id: 'attempt', header: words.attempt, isNumber: true, render: ({ attempt }) => String(attempt) },
            { id: 'state', header: t.flows.runs.state, render: ({ state: ended }) => t.flows.attemptStates[ended] },
            {
              id: 'started',
              header: words.started,
              render: ({ started_at: at }) => <Moment at={at} relative={false} />,
            },
            {
              id: 'duration',
              header: t.flows.runs.duration,
              isNumber: true,
              render: (attempt) => <RunDuration run={attempt} />,
            },
            { id: 'worker', header: words.worker, render: ({ worker }) => <code>{shortId(worker)}</code> },
            {
              id: 'error',
              header: words.outcome,
              isWide: true,
              render: ({ error: failure }) => (failure === undefined ? '–' : failure.message),
            },
          ]}
        />
      )}
      {approval?.values !== undefined && <Value title={words.values} value={approval.values} />}
      {leftOut === true && <WholeResult run={params.run} step={name} />}
      {result !== undefined && <Value title={words.result} value={result} />}
    </section>
  )
}

function Value({ title, value }: { readonly title: string; readonly value: Json }) {
  return (
    <div className="stack-tight">
      <h3>{title}</h3>
      <JsonTree value={value} />
    </div>
  )
}

/** A large result is not in the list: it is asked for when it is looked at. */
function WholeResult({ run, step }: { readonly run: string; readonly step: string }) {
  const { t } = useI18n()
  const query = useQuery(flowQueries.wholeStep(run, step))
  return (
    <Load query={query} lines={3}>
      {(whole) => (whole?.result === undefined ? null : <Value title={t.flows.steps.result} value={whole.result} />)}
    </Load>
  )
}
