import type { Dataset, Ingest } from '@fabrique/contract'
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
import { datasetQueries } from './dataset-queries.js'

const states: Readonly<Record<Ingest['state'], StateName>> = {
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'killed',
}

export function IngestState({ ingest }: { readonly ingest: Pick<Ingest, 'state'> }) {
  const { t } = useI18n()
  return <StateWord state={states[ingest.state]}>{t.ingest.states[ingest.state]}</StateWord>
}

/** How the snapshots of a data set were taken, newest first. */
export function IngestTable({ dataset: { project, name } }: { readonly dataset: Dataset }) {
  const { t, f } = useI18n()
  const query = useInfiniteQuery(datasetQueries.ingests(project, name))
  const ingests = query.data?.pages.flatMap(({ items }) => items)
  if (query.error !== null && ingests === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (ingests === undefined) return <SkeletonLines lines={6} />
  if (ingests.length === 0) {
    return (
      <EmptyState
        title={t.ingest.none}
        text={t.ingest.noneText}
        snippets={[{ title: t.common.fromCli, code: `fabrique data ingest ${project} ${name}` }]}
      />
    )
  }
  return (
    <DataTable
      label={t.datasets.tabs.ingests}
      rows={ingests}
      rowKey={({ id }) => id}
      isMarked={({ state }) => state === 'failed'}
      columns={[
        {
          id: 'started',
          header: t.ingest.started,
          render: ({ id, started_at }) => (
            <AppLink to={paths.ingest({ project, dataset: name, ingest: id })} title={id}>
              {f.moment(started_at)}
            </AppLink>
          ),
        },
        { id: 'age', header: t.datasets.age, render: ({ started_at }) => <Moment at={started_at} /> },
        { id: 'state', header: t.ingest.state, render: (ingest) => <IngestState ingest={ingest} /> },
        {
          id: 'files',
          header: t.ingest.filesRead,
          isNumber: true,
          render: ({ files_read, files_found }) => t.ingest.ofFiles(f.integer(files_read), f.integer(files_found)),
        },
        { id: 'good', header: t.ingest.good, isNumber: true, render: ({ rows_good }) => f.integer(rows_good) },
        {
          id: 'quarantined',
          header: t.ingest.quarantined,
          isNumber: true,
          render: ({ rows_quarantined }) =>
            rows_quarantined === 0 ? '0' : <strong className="tone-warning">{f.integer(rows_quarantined)}</strong>,
        },
        {
          id: 'outcome',
          header: t.ingest.outcome,
          isWide: true,
          render: (ingest) => <Outcome ingest={ingest} />,
        },
      ]}
    />
  )
}

function Outcome({ ingest }: { readonly ingest: Ingest }) {
  const { t } = useI18n()
  const { project, dataset, snapshot_id, is_new, error } = ingest
  if (error !== undefined) return <span className="small">{error.message}</span>
  if (snapshot_id === undefined) return <span className="muted">–</span>
  return (
    <AppLink to={paths.snapshot({ project, dataset, snapshot: snapshot_id })}>
      {is_new ? t.ingest.newSnapshot : t.ingest.sameSnapshot}
    </AppLink>
  )
}
