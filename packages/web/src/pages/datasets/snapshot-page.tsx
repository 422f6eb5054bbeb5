import type { Dataset, Snapshot } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { apiPath } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { CopyButton } from '../../components/copy-button.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { type SnapshotTab, snapshotTabs } from '../../routing/search.js'
import { CheckList } from './check-list.jsx'
import { datasetQueries } from './dataset-queries.js'
import { ProfileTable } from './profile-table.jsx'
import { SampleRows } from './sample-rows.jsx'
import { SnapshotFiles } from './snapshot-files.jsx'
import { SnapshotSql } from './snapshot-sql.jsx'
import { SnapshotTags } from './snapshot-tags.jsx'
import './dataset-page.css'

const route = getRouteApi(patterns.snapshot)

/** One snapshot: figures of its columns, its rows or files, and what was checked. */
export function SnapshotPage() {
  const { t, f } = useI18n()
  const { project, dataset: name, snapshot: id } = route.useParams()
  const dataset = useQuery(datasetQueries.dataset(project, name))
  const snapshot = useQuery(queries.snapshot(id))
  return (
    <Page
      title={snapshot.data === undefined ? name : t.snapshot.title(name, f.moment(snapshot.data.created_at))}
      crumbs={[
        { label: project },
        { label: t.datasets.title, to: paths.datasets({ project }) },
        { label: name, to: paths.dataset({ project, dataset: name }) },
      ]}
      actions={snapshot.data === undefined ? undefined : <Actions snapshot={snapshot.data} />}
    >
      <Load query={snapshot} lines={3}>
        {(found) => (
          <Load query={dataset} lines={6}>
            {(declared) => <SnapshotBody snapshot={found} dataset={declared} />}
          </Load>
        )}
      </Load>
    </Page>
  )
}

function Actions({ snapshot: { id, kind, project, dataset } }: { readonly snapshot: Snapshot }) {
  const { t } = useI18n()
  const formats = kind === 'table' ? (['csv', 'csv-fr', 'ndjson'] as const) : []
  const snapshots = useQuery(queries.snapshots(project, dataset)).data?.items ?? []
  const place = snapshots.findIndex((one) => one.id === id)
  const before = place === -1 ? undefined : snapshots[place + 1]
  return (
    <div className="snapshot-actions">
      {kind === 'table' && (
        <AppLink to={paths.train({ project })} search={{ dataset, snapshot: id }}>
          {t.nav.trainOn}
        </AppLink>
      )}
      {before !== undefined && (
        <AppLink to={paths.snapshotDiff({ project, dataset, snapshot: id })} search={{ base: before.id }}>
          {t.snapshot.compareWithBefore}
        </AppLink>
      )}
      <AppLink to={paths.lineage({ kind: 'snapshot', id })}>{t.snapshot.lineage}</AppLink>
      <a href={apiPath('downloadSnapshot', { snapshot: id })} download>
        <Icon name="download" size={14} /> Parquet
      </a>
      {formats.map((format) => (
        <a key={format} href={apiPath('exportSnapshot', { snapshot: id }, { format })} download>
          {t.snapshot.formats[format]}
        </a>
      ))}
    </div>
  )
}

function SnapshotBody({ snapshot, dataset }: { readonly snapshot: Snapshot; readonly dataset: Dataset }) {
  const { t, f } = useI18n()
  const { project, dataset: name, id } = snapshot
  const search = route.useSearch()
  const tab: SnapshotTab = search.tab ?? (snapshot.kind === 'files' ? 'files' : 'profile')
  const tabs = snapshotTabs
    .filter((one) => one !== 'files' || snapshot.kind === 'files')
    .map((one) => ({
      id: one,
      label: t.snapshot.tabs[one],
      to: paths.snapshot({ project, dataset: name, snapshot: id }),
      search: { tab: one },
    }))
  return (
    <>
      <FactRow
        facts={[
          {
            name: snapshot.kind === 'files' ? t.snapshot.files : t.datasets.rows,
            value: f.integer(snapshot.row_count),
          },
          { name: t.datasets.columnsTitle, value: f.integer(snapshot.columns.length) },
          { name: t.datasets.size, value: f.bytes(snapshot.bytes) },
          { name: t.datasets.created, value: <Moment at={snapshot.created_at} /> },
          { name: t.datasets.source, value: <code>{snapshot.source.location}</code> },
          {
            name: t.datasets.hash,
            value: (
              <>
                <code title={snapshot.content_hash}>{snapshot.content_hash.slice(0, 12)}</code>
                <CopyButton value={snapshot.content_hash} what={t.datasets.hash} />
              </>
            ),
          },
          ...(snapshot.ingest_id === undefined
            ? []
            : [
                {
                  name: t.snapshot.ingest,
                  value: (
                    <AppLink to={paths.ingest({ project, dataset: name, ingest: snapshot.ingest_id })}>
                      {t.snapshot.showIngest}
                    </AppLink>
                  ),
                },
              ]),
          { name: t.snapshot.tags, value: <SnapshotTags snapshot={snapshot} /> },
        ]}
      />
      <Tabs label={t.snapshot.tabs.label} tabs={tabs} current={tab} />
      {tab === 'profile' && <ProfileTable snapshot={snapshot} dataset={dataset} search={search} />}
      {tab === 'rows' && <SampleRows snapshot={snapshot} />}
      {tab === 'checks' && <CheckList dataset={dataset} snapshot={snapshot} />}
      {tab === 'files' && <SnapshotFiles snapshot={snapshot} search={search} />}
      {tab === 'sql' && <SnapshotSql snapshot={snapshot} sql={search.sql} />}
    </>
  )
}
