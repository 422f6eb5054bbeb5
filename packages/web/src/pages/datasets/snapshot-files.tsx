import type { Snapshot, SnapshotFile } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { DataTable } from '../../components/data-table.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useSearchChange } from '../../routing/use-search-change.js'
import { datasetQueries } from './dataset-queries.js'

interface SnapshotFilesProps {
  readonly snapshot: Snapshot
  readonly search: { readonly prefix?: string | undefined; readonly label?: string | undefined }
}

const isImage = ({ width }: SnapshotFile) => width !== undefined

/** The files of a snapshot: pictures as pictures, others as a list. */
export function SnapshotFiles({ snapshot, search }: SnapshotFilesProps) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const query = useInfiniteQuery(datasetQueries.snapshotFiles(snapshot.id, search.prefix ?? '', search.label))
  const files = query.data?.pages.flatMap(({ items }) => items)
  if (query.error !== null && files === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  const address = (path: string) => apiPath('downloadSnapshotFile', { snapshot: snapshot.id }, { path })
  return (
    <div className="stack">
      <div className="profile-controls">
        <TextInput
          label={t.snapshot.prefix}
          placeholder="train/"
          value={search.prefix ?? ''}
          onChange={(event) => changeSearch({ ...search, tab: 'files', prefix: event.currentTarget.value })}
        />
        {files !== undefined && (
          <p className="muted">{t.common.showingOf(f.integer(files.length), f.integer(snapshot.row_count))}</p>
        )}
      </div>
      {files === undefined ? (
        <SkeletonLines lines={8} />
      ) : files.length > 0 && files.every(isImage) ? (
        <ul className="picture-grid">
          {files.map((file) => (
            <li key={file.path}>
              <a href={address(file.path)} title={file.path}>
                <img src={address(file.path)} alt={file.path} loading="lazy" />
                <span className="picture-name">{file.path}</span>
                <span className="small muted">
                  {file.label === undefined ? '' : `${file.label} · `}
                  {file.width} × {file.height}
                </span>
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <DataTable
          label={t.snapshot.files}
          rows={files}
          rowKey={({ path }) => path}
          columns={[
            {
              id: 'path',
              header: t.snapshot.path,
              isWide: true,
              render: ({ path }) => <a href={address(path)}>{path}</a>,
            },
            { id: 'size', header: t.datasets.size, isNumber: true, render: ({ bytes }) => f.bytes(bytes) },
            { id: 'label', header: t.snapshot.label, render: ({ label }) => label ?? '–' },
            {
              id: 'hash',
              header: t.datasets.hash,
              render: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 12)}</code>,
            },
          ]}
        />
      )}
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t.snapshot.more}
        </Button>
      )}
    </div>
  )
}
