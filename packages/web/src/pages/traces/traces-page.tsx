import type { Trace } from '@fabrique/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load, SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import type { TracesSearch } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { traceFilter } from './trace-filter.js'
import { traceQueries } from './trace-queries.js'
import { TraceStateWord } from './trace-state.jsx'
import './traces.css'

const route = getRouteApi(patterns.traces)
const stateChoices = ['OK', 'ERROR', 'IN_PROGRESS'] as const

/** The traces of an experiment: what an application was asked and answered, how long it took, and how it ended. */
export function TracesPage() {
  const { t } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const query = useQuery(queries.experiments())
  return (
    <Page title={t.nav.traces}>
      <Load query={query} lines={6}>
        {({ items }) => {
          const active = items.filter(({ is_deleted }) => !is_deleted)
          const chosen = items.find(({ id }) => id === search.experiment) ?? active[0]
          if (chosen === undefined) return <NoTraces experiment={undefined} />
          return (
            <>
              <div className="trace-controls">
                <NativeSelect
                  label={t.traces.experiment}
                  value={chosen.id}
                  data={active.map(({ id, name }) => ({ value: id, label: name }))}
                  onChange={(event) => changeSearch({ experiment: event.currentTarget.value })}
                />
                <NativeSelect
                  label={t.traces.state}
                  value={search.state ?? ''}
                  data={[
                    { value: '', label: t.traces.anyState },
                    ...stateChoices.map((value) => ({ value: `${value}`, label: t.traces.states[value] })),
                  ]}
                  onChange={(event) => changeSearch({ ...search, state: event.currentTarget.value })}
                />
                <FilterField key={search.filter ?? ''} search={search} />
                {search.run !== undefined && (
                  <p className="row small">
                    {t.traces.ofRun}{' '}
                    <AppLink to={paths.run({ project: chosen.name, run: search.run })}>
                      {search.run.slice(0, 12)}
                    </AppLink>
                    <Button variant="subtle" onClick={() => changeSearch({ ...search, run: undefined })}>
                      {t.traces.allRuns}
                    </Button>
                  </p>
                )}
              </div>
              <TraceList key={chosen.id} experiment={chosen} search={search} />
            </>
          )
        }}
      </Load>
    </Page>
  )
}

/** The filter is asked for when it is complete, not at every key. */
function FilterField({ search }: { readonly search: TracesSearch }) {
  const { t } = useI18n()
  const changeSearch = useSearchChange()
  const [text, setText] = useState(search.filter ?? '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    changeSearch({ ...search, filter: text.trim() })
  }
  return (
    <search className="trace-filter">
      <form onSubmit={submit}>
        <TextInput
          label={t.traces.filter}
          placeholder={t.traces.filterExample}
          value={text}
          maxLength={10_000}
          leftSection={<Icon name="search" size={14} />}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  )
}

interface TraceListProps {
  readonly experiment: { readonly id: string; readonly name: string }
  readonly search: TracesSearch
}

function TraceList({ experiment, search }: TraceListProps) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const filter = traceFilter(search)
  const query = useInfiniteQuery(traceQueries.traces(experiment.id, filter))
  const traces = query.data?.pages.flatMap(({ items }) => items)
  if (query.error !== null && traces === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (traces === undefined) return <SkeletonLines lines={8} />
  if (traces.length === 0 && filter === '') return <NoTraces experiment={experiment.name} />
  if (traces.length === 0)
    return (
      <div className="row">
        <p className="muted">{t.traces.noMatch}</p>
        <Button variant="subtle" onClick={() => changeSearch({ experiment: experiment.id })}>
          {t.common.clearFilter}
        </Button>
      </div>
    )
  return (
    <div className="stack">
      <DataTable
        label={t.nav.traces}
        rows={traces}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: t.traces.name,
            render: ({ id, name }) => <AppLink to={paths.trace({ trace: id })}>{name || id.slice(0, 12)}</AppLink>,
          },
          { id: 'state', header: t.traces.state, render: ({ state }) => <TraceStateWord state={state} /> },
          {
            id: 'duration',
            header: t.traces.duration,
            isNumber: true,
            render: ({ duration_ms }) => (duration_ms === undefined ? '–' : f.duration(duration_ms)),
          },
          { id: 'started', header: t.traces.started, render: ({ started_at }) => <Moment at={started_at} /> },
          {
            id: 'request',
            header: t.traces.request,
            isWide: true,
            render: (trace) => <Preview text={trace.request_preview} />,
          },
          {
            id: 'response',
            header: t.traces.response,
            isWide: true,
            render: (trace) => <Preview text={trace.response_preview} />,
          },
          {
            id: 'assessments',
            header: t.traces.assessments,
            isNumber: true,
            render: ({ assessments }: Trace) => f.integer(assessments.length),
          },
        ]}
      />
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

function Preview({ text }: { readonly text: string }) {
  if (text === '') return <span className="muted">–</span>
  return (
    <span className="clamp small" title={text}>
      {text}
    </span>
  )
}

function NoTraces({ experiment }: { readonly experiment: string | undefined }) {
  const { t } = useI18n()
  return (
    <EmptyState
      title={t.traces.emptyTitle}
      text={t.traces.emptyText}
      snippets={[{ title: 'Python', code: traceSnippet(experiment ?? 'Default') }]}
    />
  )
}

const traceSnippet = (experiment: string) => `import mlflow

mlflow.set_tracking_uri("${location.origin}")
mlflow.set_experiment("${experiment}")

@mlflow.trace
def answer(question):
    return question.upper()

answer("hello")`
