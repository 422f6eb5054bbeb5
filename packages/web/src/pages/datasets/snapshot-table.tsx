import type { Dataset } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'

/** Every snapshot of a data set, newest first; one is chosen as the base, and the others are compared with it. */
export function SnapshotTable({ dataset, base }: { readonly dataset: Dataset; readonly base: string | undefined }) {
  const { t, f } = useI18n()
  const { project, name } = dataset
  const query = useQuery(queries.snapshots(project, name))
  const changeSearch = useSearchChange()
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        if (items.length === 0) {
          return (
            <EmptyState
              title={t.datasets.noSnapshot}
              text={t.datasets.noSnapshotText}
              snippets={[{ title: t.common.fromCli, code: `fabrique data ingest ${project} ${name}` }]}
            />
          )
        }
        return (
          <div className="stack-tight">
            {dataset.snapshot_count > items.length && (
              <p className="muted">{t.common.showingOf(f.integer(items.length), f.integer(dataset.snapshot_count))}</p>
            )}
            <DataTable
              label={t.datasets.snapshots}
              rows={items}
              rowKey={({ id }) => id}
              isChosen={({ id }) => id === base}
              columns={[
                {
                  id: 'created',
                  header: t.datasets.created,
                  render: ({ id, created_at, tags }) => (
                    <span className="snapshot-name">
                      <AppLink to={paths.snapshot({ project, dataset: name, snapshot: id })} title={id}>
                        {f.moment(created_at)}
                      </AppLink>
                      {tags.map((tag) => (
                        <span key={tag} className="tag-chip">
                          {tag}
                        </span>
                      ))}
                    </span>
                  ),
                },
                { id: 'age', header: t.datasets.age, render: ({ created_at }) => <Moment at={created_at} /> },
                {
                  id: 'rows',
                  header: t.datasets.rows,
                  isNumber: true,
                  render: ({ row_count }) => f.integer(row_count),
                },
                {
                  id: 'columns',
                  header: t.datasets.columnsTitle,
                  isNumber: true,
                  render: ({ columns }) => f.integer(columns.length),
                },
                { id: 'size', header: t.datasets.size, isNumber: true, render: ({ bytes }) => f.bytes(bytes) },
                {
                  id: 'hash',
                  header: t.datasets.hash,
                  render: ({ content_hash }) => <code title={content_hash}>{content_hash.slice(0, 12)}</code>,
                },
                {
                  id: 'diff',
                  header: t.datasets.compare,
                  render: ({ id }) =>
                    base === undefined || base === id ? (
                      <Button
                        variant="subtle"
                        size="compact-sm"
                        className="flush-button"
                        onClick={() => changeSearch({ tab: 'snapshots', base: base === id ? undefined : id })}
                      >
                        {base === id ? t.datasets.isBase : t.datasets.chooseBase}
                      </Button>
                    ) : (
                      <AppLink to={paths.snapshotDiff({ project, dataset: name, snapshot: id })} search={{ base }}>
                        {t.datasets.compareWithBase}
                      </AppLink>
                    ),
                },
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
      }}
    </Load>
  )
}
