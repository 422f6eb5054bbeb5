import type { Dataset } from '@fabrique/contract'
import { sourceLocation } from '@fabrique/contract/texts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { datasetQueries } from './dataset-queries.js'
import { IngestState } from './ingest-table.jsx'
import './dataset-page.css'

const route = getRouteApi(patterns.datasets)

export const datasetSnippet = `const flowers = dataset('flowers', csv('data/flowers.csv'), {
  columns: { petal_length: number({ unit: 'cm' }), species: category(['setosa', 'virginica']) },
  expect: [expect.column('petal_length').between(0, 10), expect.column('species').notNull()],
})`

/** The data sets of a project, with their newest snapshot, how the last ingest ended, and whether the checks hold. */
export function DatasetsPage() {
  const { t, f } = useI18n()
  const { project } = route.useParams()
  const query = useQuery(queries.datasets(project))
  return (
    <Page title={t.datasets.title} crumbs={[{ label: project }]}>
      <Load query={query} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.datasets.emptyTitle(project)}
              text={t.datasets.emptyText}
              snippets={[{ title: 'fabrique.config.ts', code: datasetSnippet }]}
            />
          ) : (
            <DataTable
              label={t.datasets.title}
              rows={items}
              rowKey={({ name }) => name}
              columns={[
                {
                  id: 'name',
                  header: t.datasets.name,
                  render: ({ name: dataset, is_declared }) => (
                    <span className="dataset-name">
                      <AppLink to={paths.dataset({ project, dataset })}>{dataset}</AppLink>
                      {!is_declared && (
                        <span className="tag-chip" title={t.datasets.undeclaredText}>
                          {t.datasets.undeclared}
                        </span>
                      )}
                    </span>
                  ),
                },
                {
                  id: 'source',
                  header: t.datasets.source,
                  render: ({ source, latest_snapshot: newest }) => (
                    <code className="wraps-narrow">
                      {source === undefined ? (newest?.source.location ?? '–') : sourceLocation(source)}
                    </code>
                  ),
                },
                {
                  id: 'rows',
                  header: t.datasets.rows,
                  isNumber: true,
                  render: ({ latest_snapshot: newest }) => (newest === undefined ? '–' : f.integer(newest.row_count)),
                },
                {
                  id: 'columns',
                  header: t.datasets.columnsTitle,
                  isNumber: true,
                  render: ({ latest_snapshot: newest }) =>
                    newest === undefined ? '–' : f.integer(newest.columns.length),
                },
                {
                  id: 'size',
                  header: t.datasets.size,
                  isNumber: true,
                  render: ({ latest_snapshot: newest }) => (newest === undefined ? '–' : f.bytes(newest.bytes)),
                },
                { id: 'ingest', header: t.datasets.lastIngest, render: (dataset) => <LastIngest dataset={dataset} /> },
                { id: 'quality', header: t.datasets.tabs.quality, render: (dataset) => <Quality dataset={dataset} /> },
                {
                  id: 'snapshots',
                  header: t.datasets.snapshots,
                  isNumber: true,
                  render: ({ snapshot_count }) => f.integer(snapshot_count),
                },
                {
                  id: 'newest',
                  header: t.datasets.newest,
                  render: ({ latest_snapshot: newest }) =>
                    newest === undefined ? t.datasets.noSnapshot : <Moment at={newest.created_at} />,
                },
              ]}
            />
          )
        }
      </Load>
    </Page>
  )
}

/** How the last ingest ended, and how many rows it set aside. */
function LastIngest({ dataset: { project, name, latest_ingest: ingest } }: { readonly dataset: Dataset }) {
  const { t } = useI18n()
  if (ingest === undefined) return '–'
  return (
    <AppLink to={paths.ingest({ project, dataset: name, ingest: ingest.id })} className="plain-link">
      <IngestState ingest={ingest} />
      {ingest.rows_quarantined > 0 && (
        <span className="small tone-warning">{t.ingest.setAside(ingest.rows_quarantined)}</span>
      )}
    </AppLink>
  )
}

/** Whether the checks of the newest snapshot hold; one that was not checked says so. */
function Quality({ dataset: { project, name, latest_snapshot: newest, expectations } }: { readonly dataset: Dataset }) {
  const { t } = useI18n()
  const query = useQuery({ ...datasetQueries.validations(newest?.id ?? ''), enabled: newest !== undefined })
  if (newest === undefined || (expectations.length === 0 && query.data?.items.length === 0))
    return <span className="muted">–</span>
  if (query.data === undefined) return null
  const [validation] = query.data.items
  if (validation === undefined) return <StateWord state="notEvaluated" />
  return (
    <AppLink
      to={paths.validation({ project, dataset: name, validation: validation.id })}
      className="plain-link"
      title={t.validation.show}
    >
      <StateWord state={validation.success ? 'passed' : 'failed'} />
    </AppLink>
  )
}
