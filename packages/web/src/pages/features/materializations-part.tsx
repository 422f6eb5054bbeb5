import type { FeatureView, Materialization } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { type StateName, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { featureQueries } from './feature-queries.js'

const states: Readonly<Record<Materialization['state'], StateName>> = {
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'killed',
}

/** What was brought to the online store, newest first. */
export function MaterializationsPart({ view }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const { project, name, definition } = view
  const query = useInfiniteQuery(featureQueries.materializations(project, name))
  const items = query.data?.pages.flatMap((page) => page.items)
  if (query.error !== null && items === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (items === undefined) return <SkeletonLines lines={6} />
  const words = t.features.materialize
  if (items.length === 0) {
    return definition.online ? (
      <EmptyState
        title={words.none}
        text={words.noneText}
        snippets={[{ title: t.common.fromCli, code: `fabrique features materialize ${project} ${name}` }]}
      />
    ) : (
      <EmptyState title={words.off} text={words.offText} />
    )
  }
  return (
    <>
      <MaterializationTable view={view} items={items} />
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
        </div>
      )}
    </>
  )
}

interface TableProps {
  readonly view: FeatureView
  readonly items: readonly Materialization[]
}

function MaterializationTable({ view, items }: TableProps) {
  const { t, f } = useI18n()
  const words = t.features.materialize
  const { source } = view.definition
  return (
    <DataTable
      label={t.features.view.tabs.materializations}
      rows={items}
      rowKey={({ id }) => id}
      isMarked={({ state }) => state === 'failed'}
      columns={[
        { id: 'started', header: words.started, render: ({ started_at }) => <Moment at={started_at} /> },
        {
          id: 'state',
          header: words.state,
          render: ({ state }) => <StateWord state={states[state]}>{words.states[state]}</StateWord>,
        },
        { id: 'mode', header: words.mode, render: ({ mode }) => words.modes[mode] },
        { id: 'version', header: t.features.version, isNumber: true, render: ({ version }) => f.integer(version) },
        {
          id: 'written',
          header: words.written,
          isNumber: true,
          render: ({ keys_written }) => f.integer(keys_written),
        },
        { id: 'older', header: words.older, isNumber: true, render: ({ keys_older }) => f.integer(keys_older) },
        {
          id: 'took',
          header: words.took,
          isNumber: true,
          render: ({ started_at, ended_at }) =>
            ended_at === undefined ? '–' : f.duration(Date.parse(ended_at) - Date.parse(started_at)),
        },
        { id: 'until', header: words.until, render: ({ until }) => <Moment at={until} relative={false} /> },
        {
          id: 'data',
          header: words.data,
          isWide: true,
          render: ({ project, snapshot_id: snapshot, error }) => {
            if (error !== undefined) return <span className="small">{error.message}</span>
            if (snapshot === undefined || source.kind !== 'dataset') return <span className="muted">–</span>
            return (
              <AppLink to={paths.snapshot({ project, dataset: source.dataset, snapshot })}>{source.dataset}</AppLink>
            )
          },
        },
      ]}
    />
  )
}
