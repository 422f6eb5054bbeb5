import type { Dataset, Snapshot } from '@fabrique/contract'
import { apiPath } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** Every snapshot of a data set, newest first. */
export function SnapshotTable({
  dataset,
  snapshots,
}: {
  readonly dataset: Dataset
  readonly snapshots: readonly Snapshot[]
}) {
  const { t, f } = useI18n()
  const { project, name } = dataset
  return (
    <div className="stack-tight">
      {dataset.snapshot_count > snapshots.length && (
        <p className="muted">{t.common.showingOf(f.integer(snapshots.length), f.integer(dataset.snapshot_count))}</p>
      )}
      <DataTable
        label={t.datasets.snapshots}
        rows={snapshots}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'id',
            header: t.datasets.snapshot,
            render: ({ id }) => (
              <AppLink to={paths.dataset({ project, dataset: name })} search={{ tab: 'rows', snapshot: id }}>
                {id}
              </AppLink>
            ),
          },
          { id: 'created', header: t.datasets.created, render: ({ created_at }) => <Moment at={created_at} /> },
          { id: 'rows', header: t.datasets.rows, isNumber: true, render: ({ row_count }) => f.integer(row_count) },
          { id: 'size', header: t.datasets.size, isNumber: true, render: ({ bytes }) => f.bytes(bytes) },
          {
            id: 'hash',
            header: t.datasets.hash,
            render: ({ content_hash }) => <code title={content_hash}>{content_hash.slice(0, 12)}</code>,
          },
          { id: 'source', header: t.datasets.source, render: ({ source }) => <code>{source.location}</code> },
          {
            id: 'download',
            header: t.common.download,
            render: ({ id }) => (
              <a
                href={apiPath('downloadSnapshot', { snapshot: id })}
                download
                aria-label={`${t.datasets.downloadParquet}, ${id}`}
              >
                Parquet
              </a>
            ),
          },
        ]}
      />
    </div>
  )
}
