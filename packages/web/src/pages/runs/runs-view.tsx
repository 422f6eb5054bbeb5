import type { Experiment, RunGroup } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useMemo, useRef } from 'react'
import { apiPath } from '../../api/client.js'
import { useLive } from '../../app/live-context.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import type { RunsSearch } from '../../routing/search.js'
import { readList, readSort, writeList, writeSort } from '../../routing/search-lists.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { ColumnPicker } from './column-picker.jsx'
import { FilterBar } from './filter-bar.jsx'
import { andAlso, groupCondition, toFilter } from './filter-language.js'
import { GroupPicker, groupColumnsMax } from './group-picker.jsx'
import { GroupTable } from './group-table.jsx'
import { columnOf, fieldsOf, type RunColumn } from './run-columns.js'
import { RunTable } from './run-table.jsx'
import { RunsExport } from './runs-export.jsx'
import { type RunSearch, runsQueries } from './runs-queries.js'
import { SavedViews } from './saved-views.jsx'
import { SelectionBar } from './selection-bar.jsx'
import { useColumnChoice } from './use-column-choice.js'
import { useRuns } from './use-runs.js'
import { useSelection } from './use-selection.js'

const ChartsView = lazy(async () => ({ default: (await import('./charts-view.jsx')).ChartsView }))
const ParallelView = lazy(async () => ({ default: (await import('./parallel-view.jsx')).ParallelView }))

const noColumns: readonly never[] = []
const groupMetricsMax = 20

/** The runs of an experiment as a table, as charts or over parallel axes; all of it in the address. */
export function RunsView({ experiment, search }: { readonly experiment: Experiment; readonly search: RunsSearch }) {
  const { t } = useI18n()
  const changeSearch = useSearchChange()
  const { state } = useLive()
  const filterInput = useRef<HTMLInputElement>(null)
  const columns = useQuery(runsQueries.runColumns(experiment.id))
  const known = columns.data?.items
  const source = useMemo(() => ({ known: known ?? noColumns, t }), [known, t])
  const choice = useColumnChoice(experiment.name, search, source)
  const typed = search.filter ?? ''
  const filter = toFilter(typed)
  const sort = readSort(search.sort)
  const sorted = sort === undefined ? undefined : columnOf(sort.id, source)
  const orderBy = useMemo(
    () => (sorted?.expression === undefined ? [] : [`${sorted.expression} ${sort?.desc ? 'DESC' : 'ASC'}`]),
    [sorted, sort?.desc],
  )
  const view = search.view ?? 'table'
  const group = useMemo(() => readList(search.group ?? '').slice(0, groupColumnsMax), [search.group])
  const request = useRequest(experiment.id, filter, orderBy, view === 'table' ? choice.shown : undefined)
  const { query, runs, total, filterProblem, newCount, reload, forget } = useRuns({
    request,
    // Columns and order are made of what there is: a search before that is known would be made twice.
    isReady: !columns.isPending,
    isPaused: state === 'paused',
  })
  const { selected, select, toggle } = useSelection(search)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  const failure = filterProblem === undefined && runs === undefined ? query.error : null
  const isEmpty = total === 0 && filter === ''
  const tabs = (['table', 'charts', 'parallel'] as const).map((id) => ({
    id,
    label: t.runs.views[id],
    to: paths.runs({ project: experiment.name }),
    search: { ...search, view: id === 'table' ? undefined : id },
  }))
  const openGroup = (chosen: RunGroup) => {
    const conditions = group.map((id, index) => {
      const expression = columnOf(id, source)?.expression ?? id
      return groupCondition(expression, chosen.values[index] ?? null)
    })
    changeSearch({ ...search, group: undefined, filter: andAlso(filter, conditions) }, 'push')
  }
  return (
    <div className="stack">
      <div className="runs-bar">
        <FilterBar
          ref={filterInput}
          value={typed}
          known={source.known}
          problem={filterProblem}
          onApply={(next) => changeSearch({ ...search, filter: next }, 'push')}
        />
        <div className="row runs-tools">
          {view === 'table' && (
            <>
              <GroupPicker
                known={source.known}
                group={group}
                onChange={(next) => changeSearch({ ...search, group: writeList(next) }, 'push')}
              />
              <ColumnPicker known={source.known} shown={choice.shown} onChoose={choice.choose} />
            </>
          )}
          <SavedViews experiment={experiment} search={search} />
          {total !== undefined && (
            <RunsExport experimentId={experiment.id} filter={filter} orderBy={orderBy} total={total} />
          )}
        </div>
      </div>
      <div className="runs-head">
        <Tabs label={t.runs.views.label} tabs={tabs} current={view} />
        <p className="runs-count">
          <span role="status">
            {total !== undefined && (filter === '' ? t.runs.count(total) : t.runs.matching(total))}
          </span>
          {newCount > 0 && (
            <span role="status" className="runs-new">
              <span>{t.runs.newRuns(newCount)}</span>
              <Button variant="default" onClick={reload}>
                {t.runs.showNew}
              </Button>
            </span>
          )}
        </p>
      </div>
      {choice.unknown.length > 0 && known !== undefined && (
        <p className="muted" role="status">
          {t.runs.unknownColumn(choice.unknown.join(', '))}
        </p>
      )}
      <SelectionBar
        project={experiment.name}
        selected={selected}
        onClear={() => select([])}
        onDeleted={forget}
        onRestored={reload}
      />
      {failure !== null && <FailurePanel error={failure} onRetry={() => void query.refetch()} />}
      {isEmpty && <NoRuns name={experiment.name} />}
      {filterProblem !== undefined && runs === undefined && (
        <div>
          <Button
            variant="default"
            onClick={() => changeSearch({ ...search, filter: undefined, sort: undefined }, 'push')}
          >
            {t.common.clearFilter}
          </Button>
        </div>
      )}
      {total === 0 && filter !== '' && (
        <div className="row">
          <p>{t.runs.noMatch}</p>
          <Button variant="default" onClick={() => changeSearch({ ...search, filter: undefined }, 'push')}>
            {t.common.clearFilter}
          </Button>
        </div>
      )}
      {runs === undefined && failure === null && filterProblem === undefined && <SkeletonLines lines={12} />}
      {runs !== undefined && total !== undefined && total > 0 && (
        <Suspense fallback={<SkeletonLines lines={8} />}>
          {view === 'charts' && <ChartsView runs={runs} total={total} selected={selected} search={search} />}
          {view === 'parallel' && <ParallelView runs={runs} total={total} search={search} onMore={loadMore} />}
          {view === 'table' && group.length > 0 && (
            <GroupTable
              request={{
                experiment_ids: [experiment.id],
                filter,
                by: group.map((id) => columnOf(id, source)?.expression ?? id),
                metrics: [...fieldsOf(choice.shown).metrics].slice(0, groupMetricsMax),
              }}
              by={group.flatMap((id) => columnOf(id, source) ?? [])}
              metrics={fieldsOf(choice.shown).metrics.slice(0, groupMetricsMax)}
              onOpen={openGroup}
            />
          )}
          {view === 'table' && group.length === 0 && (
            <RunTable
              runs={runs}
              scrollKey={`${filter} ${orderBy.join()}`}
              total={total}
              columns={choice.shown}
              sort={sort ?? { id: 'started', desc: true }}
              onSort={(next) => changeSearch({ ...search, sort: writeSort(next) }, 'push')}
              selected={selected}
              onToggle={toggle}
              onSelect={select}
              onNearEnd={loadMore}
              onFilterKey={() => filterInput.current?.focus()}
            />
          )}
        </Suspense>
      )}
      <ThroughApi request={request} />
    </div>
  )
}

/** The search of a view: the table asks for what its columns show, the others for every parameter and metric. */
function useRequest(
  experiment: string,
  filter: string,
  orderBy: readonly string[],
  columns: readonly RunColumn[] | undefined,
): RunSearch {
  const key = JSON.stringify([experiment, filter, orderBy, columns === undefined ? undefined : fieldsOf(columns)])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names all that the request is made of
  return useMemo(() => {
    const fields = columns === undefined ? undefined : fieldsOf(columns)
    const some = (keys: readonly string[]) => (keys.length === 0 ? ('none' as const) : [...keys])
    return {
      experiment_ids: [experiment],
      filter,
      order_by: [...orderBy],
      params: fields === undefined ? 'all' : some(fields.params),
      metrics: fields === undefined ? 'all' : some(fields.metrics),
      tags: fields === undefined ? 'none' : some(fields.tags),
    }
  }, [key])
}

/** What the page asked for, for a shell. */
function ThroughApi({ request }: { readonly request: RunSearch }) {
  const { t } = useI18n()
  const body = JSON.stringify(request).replaceAll("'", "'\\''")
  const code = `curl ${location.origin}${apiPath('searchRuns')} \\
  -H 'content-type: application/json' \\
  -d '${body}'`
  return (
    <details className="through-api">
      <summary>{t.runs.throughApi}</summary>
      <Snippet title={t.runs.throughApi} code={code} hideTitle />
    </details>
  )
}

function NoRuns({ name }: { readonly name: string }) {
  const { t } = useI18n()
  const code = `import mlflow

mlflow.set_tracking_uri("${location.origin}")
mlflow.set_experiment("${name}")
with mlflow.start_run():
    mlflow.log_param("n_estimators", 100)
    mlflow.log_metric("accuracy", 0.97)`
  return (
    <EmptyState
      title={t.runs.emptyTitle(name)}
      text={t.runs.emptyText}
      snippets={[
        { title: t.common.fromCli, code: `fabrique loop ${name}` },
        { title: t.runs.fromPython, code },
      ]}
    />
  )
}
