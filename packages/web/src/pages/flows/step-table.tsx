import type { FlowStep } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { FlowStateWord } from './flow-state.jsx'
import { RunDuration } from './run-duration.jsx'

const route = getRouteApi(patterns.flowRun)

interface StepTableProps {
  readonly steps: readonly FlowStep[]
  /** The step that is shown in full beside the table. */
  readonly chosen?: string | undefined
  readonly map?: string | undefined
  readonly find?: string | undefined
}

/** Rows that are drawn at first, and with each wish for more: a run may have thousands. */
const rowsAtOnce = 200

/** Steps with how often each was tried and how it ended; a name leads to all that is known of it. */
export function StepTable({ steps, chosen, map, find }: StepTableProps) {
  const { t, f } = useI18n()
  const params = route.useParams()
  const words = t.flows.steps
  const [shown, setShown] = useState(rowsAtOnce)
  return (
    <>
      <DataTable
        label={t.flows.runTabs.steps}
        rows={steps.slice(0, shown)}
        rowKey={({ name }) => name}
        isMarked={({ state: { type } }) => type === 'FAILED' || type === 'CRASHED'}
        isChosen={({ name }) => name === chosen}
        columns={[
          {
            id: 'name',
            header: words.step,
            isWide: true,
            render: ({ name, kind }) => (
              <span className="row">
                <AppLink
                  to={paths.flowRun(params)}
                  search={{ tab: 'steps', step: name, map, find }}
                  aria-current={name === chosen ? 'true' : undefined}
                >
                  {name}
                </AppLink>
                {kind === 'map' && (
                  <AppLink to={paths.flowRun(params)} search={{ tab: 'steps', map: name }}>
                    {words.items}
                  </AppLink>
                )}
              </span>
            ),
          },
          { id: 'kind', header: words.kind, render: ({ kind }) => t.flows.stepKinds[kind] },
          { id: 'state', header: t.flows.runs.state, render: ({ state }) => <FlowStateWord state={state} /> },
          {
            id: 'attempts',
            header: words.attempts,
            isNumber: true,
            render: ({ attempts }) => f.integer(attempts.length),
          },
          {
            id: 'started',
            header: words.started,
            render: ({ started_at: at }) => (at === undefined ? '–' : <Moment at={at} />),
          },
          {
            id: 'duration',
            header: t.flows.runs.duration,
            isNumber: true,
            render: (step) => <RunDuration run={step} />,
          },
          { id: 'outcome', header: words.outcome, isWide: true, render: (step) => <Outcome step={step} /> },
        ]}
      />
      {steps.length > shown && (
        <div className="row">
          <Button variant="default" onClick={() => setShown(shown + rowsAtOnce)}>
            {t.common.loadMore}
          </Button>
          <p className="small muted">{t.common.showingOf(f.integer(shown), f.integer(steps.length))}</p>
        </div>
      )}
    </>
  )
}

/** How far it is, what went wrong, or the beginning of its result. */
function Outcome({
  step: { progress, error, result, result_left_out: leftOut, ended_at: ended },
}: {
  readonly step: FlowStep
}) {
  const { t } = useI18n()
  if (error !== undefined)
    return (
      <span className="small" title={error.hint}>
        {error.message}
      </span>
    )
  if (progress !== undefined && ended === undefined) return <StepProgress progress={progress} />
  if (leftOut === true) return <span className="small muted">{t.flows.steps.large}</span>
  if (result === undefined || result === null) return '–'
  if (Array.isArray(result)) return <span className="small muted">{t.flows.steps.results(result.length)}</span>
  const text = JSON.stringify(result)
  return <code className="small">{text.length > 80 ? `${text.slice(0, 80)}…` : text}</code>
}

export function StepProgress({ progress: { done, total } }: { readonly progress: NonNullable<FlowStep['progress']> }) {
  const { t, f } = useI18n()
  if (total === undefined) return f.integer(done)
  return (
    <span className="row">
      <progress max={total} value={done} aria-label={t.flows.steps.progress} />
      <span className="small">
        {f.integer(done)} / {f.integer(total)}
      </span>
    </span>
  )
}
