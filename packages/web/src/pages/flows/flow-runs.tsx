import type { Flow, FlowRun } from '@fabrique/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { flowOrigins, flowStateTypes } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { utcMoment } from '../features/look-up-request.js'
import { flowQueries } from './flow-queries.js'
import { FlowStateWord } from './flow-state.jsx'
import { originText } from './origin-text.js'
import { RunDuration } from './run-duration.jsx'
import { shortId } from './short-id.js'
import { WaitWords } from './wait-words.jsx'

const route = getRouteApi(patterns.flow)

/** The runs of a flow, chosen by state, origin and when they were due. */
export function FlowRuns({ flow: { project, name } }: { readonly flow: Pick<Flow, 'project' | 'name'> }) {
  const { t } = useI18n()
  const { state, origin, from, to } = route.useSearch()
  const changeSearch = useSearchChange()
  const isChosen = state !== undefined || origin !== undefined || from !== undefined || to !== undefined
  const query = useInfiniteQuery(
    flowQueries.runs(project, name, { state, origin, from: utcMoment(from ?? ''), to: utcMoment(to ?? '') }),
  )
  const runs = query.data?.pages.flatMap(({ items }) => items)
  return (
    <div className="stack">
      <RunFilter />
      {query.error !== null && runs === undefined && (
        <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonLines lines={6} />}
      {runs?.length === 0 &&
        (isChosen ? (
          <div className="row">
            <p className="muted">{t.flows.noMatch}</p>
            <Button variant="subtle" onClick={() => changeSearch({})}>
              {t.common.clearFilter}
            </Button>
          </div>
        ) : (
          <p className="muted">{t.flows.neverRan}</p>
        ))}
      {runs !== undefined && runs.length > 0 && <RunTable runs={runs} />}
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
        </div>
      )}
    </div>
  )
}

function RunFilter() {
  const { t } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const words = t.flows.runs
  const set = (change: Readonly<Record<string, string | undefined>>) => changeSearch({ ...search, ...change })
  return (
    <div className="flow-filter">
      <NativeSelect
        label={words.state}
        value={search.state ?? ''}
        data={[
          { value: '', label: words.any },
          ...flowStateTypes.map((value) => ({ value: `${value}`, label: t.flows.stateTypes[value] })),
        ]}
        onChange={(event) => set({ state: event.currentTarget.value })}
      />
      <NativeSelect
        label={words.origin}
        value={search.origin ?? ''}
        data={[
          { value: '', label: words.any },
          ...flowOrigins.map((value) => ({ value: `${value}`, label: t.flows.origins[value] })),
        ]}
        onChange={(event) => set({ origin: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label={words.from}
        value={search.from ?? ''}
        onChange={(event) => set({ from: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label={words.to}
        value={search.to ?? ''}
        onChange={(event) => set({ to: event.currentTarget.value })}
      />
    </div>
  )
}

function RunTable({ runs }: { readonly runs: readonly FlowRun[] }) {
  const { t, f } = useI18n()
  const words = t.flows.runs
  return (
    <DataTable
      label={t.flows.tabs.runs}
      rows={runs}
      rowKey={({ id }) => id}
      isMarked={({ state: { type } }) => type === 'FAILED' || type === 'CRASHED'}
      columns={[
        {
          id: 'run',
          header: words.run,
          render: ({ id, project, flow }) => (
            <AppLink to={paths.flowRun({ project, flow, run: id })} title={id}>
              <code>{shortId(id)}</code>
            </AppLink>
          ),
        },
        { id: 'state', header: words.state, render: ({ state }) => <FlowStateWord state={state} /> },
        {
          id: 'due',
          header: words.due,
          render: ({ scheduled_for: due }) => <Moment at={due} />,
        },
        { id: 'duration', header: words.duration, isNumber: true, render: (run) => <RunDuration run={run} /> },
        {
          id: 'steps',
          header: words.steps,
          isNumber: true,
          render: ({ steps_done: done, steps_total: total }) => `${f.integer(done)} / ${f.integer(total)}`,
        },
        { id: 'origin', header: words.origin, render: (run) => <span className="wraps">{originText(run, t)}</span> },
        {
          id: 'params',
          header: words.params,
          render: ({ params, params_left_out: leftOut }) => (leftOut === true ? '…' : <Params params={params} />),
        },
        { id: 'note', header: words.note, isWide: true, render: (run) => <Note run={run} /> },
      ]}
    />
  )
}

function Params({ params }: { readonly params: FlowRun['params'] }) {
  const entries = Object.entries(params)
  if (entries.length === 0) return '–'
  const text = entries.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')
  return (
    <span className="flow-params" title={text}>
      {text}
    </span>
  )
}

/** What it waits for, why it failed, or why it was asked for. */
function Note({ run: { wait, error, reason, state } }: { readonly run: FlowRun }) {
  if (error !== undefined && (state.type === 'FAILED' || state.type === 'CRASHED'))
    return (
      <span className="small" title={error.hint}>
        {error.message}
      </span>
    )
  if (wait !== undefined)
    return (
      <span className="small">
        <WaitWords wait={wait} />
      </span>
    )
  return reason === '' ? '–' : <span className="small">{reason}</span>
}
