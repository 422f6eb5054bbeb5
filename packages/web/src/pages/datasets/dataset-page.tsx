import type { Dataset } from '@fabrique/contract'
import { sourceLocation } from '@fabrique/contract/texts'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { OpenJob } from '../../components/jobs/open-job.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { type DatasetTab, datasetTabs } from '../../routing/search.js'
import { DatasetDefinition } from './dataset-definition.jsx'
import { datasetQueries } from './dataset-queries.js'
import { IngestTable } from './ingest-table.jsx'
import { QualityHistory } from './quality-history.jsx'
import { SnapshotTable } from './snapshot-table.jsx'
import './dataset-page.css'

const route = getRouteApi(patterns.dataset)

/** One data set: its snapshots over time, how they were taken, and how its quality went. */
export function DatasetPage() {
  const { t } = useI18n()
  const { project, dataset: name } = route.useParams()
  const query = useQuery(datasetQueries.dataset(project, name))
  return (
    <Page
      title={name}
      crumbs={[{ label: project }, { label: t.datasets.title, to: paths.datasets({ project }) }]}
      lead={query.data?.description === undefined ? undefined : <span>{query.data.description}</span>}
      actions={query.data === undefined ? undefined : <Actions dataset={query.data} />}
    >
      <Load query={query} lines={6}>
        {(dataset) => <DatasetBody dataset={dataset} />}
      </Load>
    </Page>
  )
}

function Actions({ dataset }: { readonly dataset: Dataset }) {
  const { t } = useI18n()
  const { project, name, latest_snapshot: newest, is_declared } = dataset
  return (
    <>
      {newest?.kind === 'table' && (
        <AppLink to={paths.train({ project })} search={{ dataset: name }} className="button-link">
          {t.nav.trainOn}
        </AppLink>
      )}
      {is_declared && <IngestButton dataset={dataset} />}
    </>
  )
}

function IngestButton({ dataset: { project, name } }: { readonly dataset: Dataset }) {
  const { t } = useI18n()
  const start = useChange(
    () => call('startIngest', { params: { project, dataset: name }, body: { reason: '', full: false } }),
    ['jobs', 'datasets'],
  )
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="refresh" size={14} />}
        loading={start.isPending}
        onClick={() => start.mutate(undefined)}
      >
        {t.datasets.take}
      </Button>
      {start.error !== null && <FailurePanel error={start.error} onRetry={() => start.reset()} />}
    </>
  )
}

function DatasetBody({ dataset }: { readonly dataset: Dataset }) {
  const { t, f } = useI18n()
  const { project, name } = dataset
  const search = route.useSearch()
  const tab: DatasetTab = search.tab ?? 'snapshots'
  const tabs = datasetTabs
    .filter((id) => dataset.is_declared || id === 'snapshots' || id === 'quality')
    .map((id) => ({
      id,
      label: t.datasets.tabs[id],
      to: paths.dataset({ project, dataset: name }),
      search: { tab: id, base: search.base },
      ...(id === 'snapshots' ? { count: f.integer(dataset.snapshot_count) } : {}),
    }))
  const newest = dataset.latest_snapshot
  return (
    <>
      <OpenJob subject={`datasets/${project}/${name}`} />
      <FactRow
        facts={[
          {
            name: t.datasets.source,
            value: (
              <code>
                {dataset.source === undefined ? (newest?.source.location ?? '–') : sourceLocation(dataset.source)}
              </code>
            ),
          },
          ...(newest === undefined
            ? []
            : [
                { name: t.datasets.rows, value: f.integer(newest.row_count) },
                { name: t.datasets.columnsTitle, value: f.integer(newest.columns.length) },
                { name: t.datasets.size, value: f.bytes(newest.bytes) },
                { name: t.datasets.newest, value: <Moment at={newest.created_at} /> },
              ]),
          ...(dataset.key.length === 0 ? [] : [{ name: t.datasets.key, value: <code>{dataset.key.join(', ')}</code> }]),
          ...(dataset.time === undefined ? [] : [{ name: t.datasets.time, value: <code>{dataset.time}</code> }]),
        ]}
      />
      <Tabs label={t.datasets.tabs.label} tabs={tabs} current={tab} />
      {tab === 'snapshots' && <SnapshotTable dataset={dataset} base={search.base} />}
      {tab === 'ingests' && <IngestTable dataset={dataset} />}
      {tab === 'quality' && <QualityHistory dataset={dataset} />}
      {tab === 'definition' && <DatasetDefinition dataset={dataset} />}
      {newest !== undefined && <Snippet title={t.common.fromCli} code={`fabrique data ls ${project} ${name}`} />}
    </>
  )
}
