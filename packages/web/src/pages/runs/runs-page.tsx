import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { queries } from '../../api/queries.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { RunsExport } from './runs-export.jsx'
import { RunsView } from './runs-view.jsx'

const route = getRouteApi(patterns.runs)

/** The runs of a project as a table. */
export function RunsPage() {
  const { t, f } = useI18n()
  const { project } = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const query = useInfiniteQuery(queries.runs(project))
  const { data, error, refetch, isFetching, hasNextPage, fetchNextPage, isFetchingNextPage } = query
  const runs = useMemo(() => data?.pages.flatMap(({ items }) => items), [data])
  const total = hasNextPage || runs === undefined ? undefined : runs.length
  return (
    <Page
      title={t.runs.title}
      crumbs={[{ label: project }]}
      lead={total === undefined ? <span>&nbsp;</span> : <span>{t.runs.count(total)}</span>}
      actions={runs !== undefined && runs.length > 0 && <RunsExport project={project} total={total} />}
    >
      <Load query={{ data: runs, error, refetch: refetch as never, isFetching }} lines={12}>
        {(loaded) =>
          loaded.length === 0 ? (
            <EmptyState
              title={t.runs.emptyTitle(project)}
              text={t.runs.emptyText}
              snippets={emptySnippets(t.runs.fromCli, t.runs.fromPython, project)}
            />
          ) : (
            <>
              <RunsView
                project={project}
                runs={loaded}
                search={search}
                filter={
                  <TextInput
                    className="runs-filter"
                    type="search"
                    aria-label={t.runs.filter}
                    placeholder={t.runs.filter}
                    value={search.filter ?? ''}
                    onChange={(event) => changeSearch({ ...search, filter: event.currentTarget.value })}
                  />
                }
              />
              {hasNextPage && (
                <div className="row">
                  <span className="muted">{t.runs.loadedOf(f.integer(loaded.length))}</span>
                  <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                    {t.runs.loadMore}
                  </Button>
                </div>
              )}
            </>
          )
        }
      </Load>
    </Page>
  )
}

function emptySnippets(cli: string, python: string, project: string) {
  return [
    { title: cli, code: `fabrique loop ${project}` },
    {
      title: python,
      code: `import mlflow

mlflow.set_tracking_uri("${location.origin}")
mlflow.set_experiment("${project}")
with mlflow.start_run():
    mlflow.log_param("n_estimators", 100)
    mlflow.log_metric("accuracy", 0.97)`,
    },
  ]
}
