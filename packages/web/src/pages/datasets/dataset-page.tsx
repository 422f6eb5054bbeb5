import type { Dataset, Snapshot } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { apiPath } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { CopyButton } from '../../components/copy-button.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { type DatasetTab, datasetTabs } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { CheckList } from './check-list.jsx'
import { SampleRows } from './sample-rows.jsx'
import { SchemaTable } from './schema-table.jsx'
import { SnapshotTable } from './snapshot-table.jsx'
import './dataset-page.css'

const route = getRouteApi(patterns.dataset)

/** One data set: its snapshots, and what is in the chosen one. */
export function DatasetPage() {
  const { t } = useI18n()
  const { project, dataset: name } = route.useParams()
  const dataset = useQuery(queries.dataset(project, name))
  const snapshots = useQuery(queries.snapshots(project, name))
  return (
    <Page
      title={name}
      crumbs={[{ label: project }, { label: t.datasets.title, to: paths.datasets({ project }) }]}
      lead={dataset.data?.description === undefined ? undefined : <span>{dataset.data.description}</span>}
    >
      <Load query={dataset} lines={3}>
        {(found) => (
          <Load query={snapshots} lines={6}>
            {({ items }) => <DatasetBody dataset={found} snapshots={items} />}
          </Load>
        )}
      </Load>
    </Page>
  )
}

function DatasetBody({ dataset, snapshots }: { readonly dataset: Dataset; readonly snapshots: readonly Snapshot[] }) {
  const { t } = useI18n()
  const { project, name } = dataset
  const search = route.useSearch()
  const tab: DatasetTab = search.tab ?? 'checks'
  const snapshot = snapshots.find(({ id }) => id === search.snapshot) ?? snapshots[0]
  if (snapshot === undefined)
    return (
      <EmptyState
        title={t.datasets.noSnapshot}
        text={t.datasets.noSnapshotText}
        snippets={[{ title: t.runs.fromCli, code: `fabrique loop ${project}` }]}
      />
    )
  const tabs = datasetTabs.map((id) => ({
    id,
    label: t.datasets.tabs[id],
    to: paths.dataset({ project, dataset: name }),
    search: { tab: id, snapshot: search.snapshot },
  }))
  return (
    <>
      <SnapshotHead dataset={dataset} snapshots={snapshots} snapshot={snapshot} />
      <Tabs label={t.datasets.tabs.label} tabs={tabs} current={tab} />
      {tab === 'checks' && <CheckList key={snapshot.id} dataset={dataset} snapshot={snapshot} />}
      {tab === 'rows' && <SampleRows key={snapshot.id} snapshot={snapshot} />}
      {tab === 'schema' && <SchemaTable dataset={dataset} snapshot={snapshot} />}
      {tab === 'snapshots' && <SnapshotTable dataset={dataset} snapshots={snapshots} />}
    </>
  )
}

interface SnapshotHeadProps {
  readonly dataset: Dataset
  readonly snapshots: readonly Snapshot[]
  readonly snapshot: Snapshot
}

function SnapshotHead({ dataset, snapshots, snapshot }: SnapshotHeadProps) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const choices = snapshots.map(({ id, created_at }, index) => ({
    value: id,
    label: index === 0 ? `${f.moment(created_at)} (${t.datasets.latest})` : f.moment(created_at),
  }))
  return (
    <div className="snapshot-head">
      <NativeSelect
        label={t.datasets.chooseSnapshot}
        data={choices}
        value={snapshot.id}
        onChange={(event) => changeSearch({ ...search, snapshot: event.currentTarget.value })}
      />
      <FactRow
        facts={[
          { name: t.datasets.rows, value: f.integer(snapshot.row_count) },
          { name: t.datasets.columnsTitle, value: f.integer(snapshot.columns.length) },
          { name: t.datasets.size, value: f.bytes(snapshot.bytes) },
          { name: t.datasets.source, value: <code>{dataset.source.path}</code> },
          { name: t.datasets.created, value: <Moment at={snapshot.created_at} /> },
          {
            name: t.datasets.hash,
            value: (
              <>
                <code title={snapshot.content_hash}>{snapshot.content_hash.slice(0, 12)}</code>
                <CopyButton value={snapshot.content_hash} what={t.datasets.hash} />
              </>
            ),
          },
        ]}
      />
      <a href={apiPath('downloadSnapshot', { snapshot: snapshot.id })} download className="snapshot-download">
        <Icon name="download" size={14} />
        {t.datasets.downloadParquet}
      </a>
    </div>
  )
}
