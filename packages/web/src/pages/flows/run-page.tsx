import type { FlowRun } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useLive } from '../../app/live-context.jsx'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { flowRunTabs } from '../../routing/search.js'
import { ApprovalPanel } from './approval-panel.jsx'
import { CancelRun } from './cancel-run.jsx'
import { FailureText } from './failure-text.jsx'
import { flowQueries, isOver, type Steps } from './flow-queries.js'
import { FlowStateWord } from './flow-state.jsx'
import { originText } from './origin-text.js'
import { RunAgainMenu } from './run-again.jsx'
import { RunData } from './run-data.jsx'
import { RunDuration } from './run-duration.jsx'
import { RunGraphPart } from './run-graph-part.jsx'
import { RunLink } from './run-link.jsx'
import { RunLogs } from './run-logs.jsx'
import { RunSteps } from './run-steps.jsx'
import { RunTimeline } from './run-timeline.jsx'
import { shortId } from './short-id.js'
import { useRunLive } from './use-run-live.js'
import { WaitWords } from './wait-words.jsx'
import './flows.css'

const route = getRouteApi(patterns.flowRun)

/** One run of a flow, as it goes: its steps as a graph, over time and as a list, what it logged, and what it made. */
export function FlowRunPage() {
  const { t } = useI18n()
  const { project, flow, run: id } = route.useParams()
  const query = useQuery(flowQueries.run(id))
  const run = query.data
  return (
    <Page
      title={t.flows.runOf(shortId(id))}
      crumbs={[
        { label: t.nav.flows, to: paths.flows() },
        { label: project },
        // The loop of a model is no flow that a project declares.
        run?.origin === 'loop' ? { label: flow } : { label: flow, to: paths.flow({ project, flow }) },
      ]}
      lead={run === undefined ? undefined : <FlowStateWord state={run.state} />}
      actions={run === undefined ? undefined : <Actions run={run} />}
    >
      <Load query={query} lines={8}>
        {(found) => <RunBody key={found.id} run={found} />}
      </Load>
    </Page>
  )
}

function Actions({ run }: { readonly run: FlowRun }) {
  return isOver(run) ? <RunAgainMenu run={run} /> : <CancelRun run={run} />
}

function RunBody({ run }: { readonly run: FlowRun }) {
  const { t, f } = useI18n()
  const { tab = 'graph', step } = route.useSearch()
  const params = route.useParams()
  const isPaused = useLive().state === 'paused'
  const isOpen = !isOver(run)
  const live = useRunLive({ run: run.id, isOpen, isPaused, wantsLog: tab === 'logs' })
  const steps = useQuery(flowQueries.steps(run.id))
  const to = paths.flowRun(params)
  return (
    <>
      <RunFacts run={run} />
      {run.error !== undefined && <FailureText failure={run.error} />}
      {isOpen && <Approvals run={run.id} steps={steps.data} />}
      <Tabs
        label={t.flows.runTabs.label}
        current={tab}
        tabs={flowRunTabs.map((id) => ({
          id,
          label: t.flows.runTabs[id],
          to,
          // A step stays chosen on the way from the steps to their log and back.
          search: { tab: id === 'graph' ? undefined : id, ...(id === 'steps' || id === 'logs' ? { step } : {}) },
          ...(id === 'steps' ? { count: `${f.integer(run.steps_done)} / ${f.integer(run.steps_total)}` } : {}),
        }))}
      />
      {tab === 'data' ? (
        <RunData run={run} />
      ) : (
        <Load query={steps} lines={6}>
          {(found) => {
            if (tab === 'logs') return <RunLogs live={live} steps={found} isOpen={isOpen} />
            if (tab === 'steps') return <RunSteps steps={found} isOpen={isOpen} />
            if (found.items.length === 0)
              return <p className="muted">{isOpen ? t.flows.steps.noneYet : t.flows.steps.none}</p>
            return tab === 'timeline' ? <RunTimeline steps={found} /> : <RunGraphPart steps={found} />
          }}
        </Load>
      )}
      <Snippet
        title={t.common.fromCli}
        code={`fabrique flows ${tab === 'logs' ? `logs${isOpen ? ' -f' : ''}` : 'show'} ${run.id}`}
      />
    </>
  )
}

function RunFacts({ run }: { readonly run: FlowRun }) {
  const { t, f } = useI18n()
  const words = t.flows.runs
  const { origin, origin_of: of, wait, started_at: start, scheduled_for: due, reason, version, worker } = run
  const isOfRun = (origin === 'flow' || origin === 'retry') && of !== undefined
  return (
    <FactRow
      facts={[
        { name: words.due, value: <Moment at={due} /> },
        ...(start === undefined ? [] : [{ name: t.flows.steps.started, value: <Moment at={start} /> }]),
        { name: words.duration, value: <RunDuration run={run} /> },
        ...(wait === undefined ? [] : [{ name: words.waits, value: <WaitWords wait={wait} /> }]),
        {
          name: words.origin,
          value: isOfRun ? (
            <span>
              {t.common.labelled(t.flows.origins[origin], '')}
              <RunLink id={of} />
            </span>
          ) : (
            originText(run, t)
          ),
        },
        ...(run.model === undefined
          ? []
          : [{ name: words.model, value: <AppLink to={paths.model({ model: run.model })}>{run.model}</AppLink> }]),
        ...(reason === '' ? [] : [{ name: words.reason, value: reason }]),
        ...(run.attempt > 1 ? [{ name: words.attempt, value: f.integer(run.attempt) }] : []),
        ...(run.take_overs > 0 ? [{ name: words.takeOvers, value: f.integer(run.take_overs) }] : []),
        ...(version === undefined
          ? []
          : [{ name: words.version, value: <code title={version}>{version.slice(0, 12)}</code> }]),
        ...(worker === undefined ? [] : [{ name: words.worker, value: <code title={worker}>{shortId(worker)}</code> }]),
        ...(run.tags.length === 0 ? [] : [{ name: words.tags, value: run.tags.join(', ') }]),
      ]}
    />
  )
}

/** What waits for a person stands above everything else. */
function Approvals({ run, steps }: { readonly run: string; readonly steps: Steps | undefined }) {
  const open = steps?.items.filter(
    ({ approval, ended_at: ended }) => approval !== undefined && approval.decision === undefined && ended === undefined,
  )
  return open?.map((step) => <ApprovalPanel key={step.name} run={run} step={step} />)
}
