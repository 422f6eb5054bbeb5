import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'

const route = getRouteApi(patterns.datasets)

export const datasetSnippet = `const flowers = dataset('flowers', csv('data/flowers.csv'), {
  columns: { petal_length: number({ unit: 'cm' }), species: category(['setosa', 'virginica']) },
  expect: [expect.column('petal_length').between(0, 10), expect.column('species').notNull()],
})`

/** The data sets that a project declares, with their newest snapshot. */
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
                  render: ({ name: dataset }) => <AppLink to={paths.dataset({ project, dataset })}>{dataset}</AppLink>,
                },
                { id: 'source', header: t.datasets.source, render: ({ source }) => <code>{source.path}</code> },
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
                {
                  id: 'hash',
                  header: t.datasets.hash,
                  render: ({ latest_snapshot: newest }) =>
                    newest === undefined ? (
                      '–'
                    ) : (
                      <code title={newest.content_hash}>{newest.content_hash.slice(0, 12)}</code>
                    ),
                },
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
