import type { Experiment } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'

const route = getRouteApi(patterns.experiments)

/** Every experiment, the last used first. */
export function ExperimentsPage() {
  const { t } = useI18n()
  const { search = '' } = route.useSearch()
  const changeSearch = useSearchChange()
  const query = useInfiniteQuery(queries.searchExperiments(useDeferredValue(search.trim())))
  const { data, error, refetch, isFetching, hasNextPage, fetchNextPage, isFetchingNextPage } = query
  const experiments = data?.pages.flatMap(({ items }) => items)
  return (
    <Page title={t.experiments.title}>
      <div className="spread">
        <TextInput
          type="search"
          aria-label={t.experiments.search}
          placeholder={t.experiments.search}
          value={search}
          onChange={(event) => changeSearch({ search: event.currentTarget.value })}
          style={{ width: 320, maxWidth: '100%' }}
        />
        <span className="muted" role="status">
          {experiments !== undefined &&
            (hasNextPage ? t.experiments.moreThan(experiments.length) : t.experiments.count(experiments.length))}
        </span>
      </div>
      <Load query={{ data: experiments, error, refetch: refetch as never, isFetching }} lines={8}>
        {(rows) =>
          rows.length > 0 ? (
            <>
              <ExperimentTable rows={rows} />
              {hasNextPage && (
                <div>
                  <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                    {t.common.loadMore}
                  </Button>
                </div>
              )}
            </>
          ) : search === '' ? (
            <EmptyState
              title={t.experiments.emptyTitle}
              text={t.experiments.emptyText}
              snippets={[{ title: t.runs.fromPython, code: snippet() }]}
            />
          ) : (
            <div className="row">
              <p>{t.experiments.noMatch(search)}</p>
              <Button variant="default" onClick={() => changeSearch({})}>
                {t.experiments.clear}
              </Button>
            </div>
          )
        }
      </Load>
    </Page>
  )
}

const snippet = () => `import mlflow

mlflow.set_tracking_uri("${location.origin}")
mlflow.set_experiment("my-experiment")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.97)`

const noteTag = 'mlflow.note.content'

function ExperimentTable({ rows }: { readonly rows: readonly Experiment[] }) {
  const { t, f } = useI18n()
  const hasNotes = rows.some(({ tags }) => tags[noteTag] !== undefined)
  return (
    <DataTable
      label={t.experiments.title}
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        {
          id: 'name',
          header: t.experiments.name,
          isWide: true,
          render: ({ name }) => <AppLink to={paths.runs({ project: name })}>{name}</AppLink>,
        },
        { id: 'runs', header: t.experiments.runs, isNumber: true, render: ({ run_count }) => f.integer(run_count) },
        {
          id: 'last',
          header: t.experiments.lastRun,
          render: ({ last_run_at }) =>
            last_run_at === undefined ? (
              <span className="muted">{t.experiments.never}</span>
            ) : (
              <Moment at={last_run_at} />
            ),
        },
        { id: 'created', header: t.experiments.created, render: ({ created_at }) => <Moment at={created_at} /> },
        ...(hasNotes
          ? [
              {
                id: 'note',
                header: t.experiments.description,
                isWide: true,
                render: ({ tags }: Experiment) => <span className="muted">{tags[noteTag] ?? ''}</span>,
              },
            ]
          : []),
      ]}
    />
  )
}
