import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** The models that answer predictions on this server. */
export function EndpointsPage() {
  const { t, f } = useI18n()
  const query = useQuery(queries.endpoints())
  const latency = (value: number | undefined) => (value === undefined ? '–' : f.duration(value))
  return (
    <Page title={t.endpoints.title}>
      <Load query={query} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.endpoints.emptyTitle}
              text={t.endpoints.emptyText}
              snippets={[{ title: t.common.fromCli, code: 'fabrique loop iris' }]}
            />
          ) : (
            <>
              {items.flatMap(({ model, error }) =>
                error === undefined
                  ? []
                  : [<ProblemPanel key={model} title={t.endpoints.notNewest(model)} message={error} />],
              )}
              <DataTable
                label={t.endpoints.title}
                rows={items}
                rowKey={({ model }) => model}
                columns={[
                  { id: 'state', header: t.endpoints.state, render: ({ state }) => <StateWord state={state} /> },
                  {
                    id: 'model',
                    header: t.endpoints.model,
                    render: ({ model, is_default }) => (
                      <>
                        <AppLink to={paths.endpoint({ model })}>{model}</AppLink>
                        {is_default && <span className="muted"> ({t.endpoints.isDefault})</span>}
                      </>
                    ),
                  },
                  {
                    id: 'version',
                    header: t.endpoints.version,
                    render: ({ model, version, alias }) => (
                      <>
                        <AppLink to={paths.modelVersion({ model, version })} aria-label={t.common.version(version)}>
                          {version}
                        </AppLink>{' '}
                        <span className="muted">@{alias}</span>
                      </>
                    ),
                  },
                  { id: 'path', header: t.endpoints.path, render: ({ path }) => <code>{path}</code> },
                  {
                    id: 'requests',
                    header: t.endpoints.requests,
                    isNumber: true,
                    render: ({ request_count }) => f.integer(request_count),
                  },
                  {
                    id: 'p50',
                    header: t.endpoints.p50,
                    isNumber: true,
                    render: ({ latency_p50_ms }) => latency(latency_p50_ms),
                  },
                  {
                    id: 'p99',
                    header: t.endpoints.p99,
                    isNumber: true,
                    render: ({ latency_p99_ms }) => latency(latency_p99_ms),
                  },
                  { id: 'loaded', header: t.endpoints.loaded, render: ({ loaded_at }) => <Moment at={loaded_at} /> },
                  {
                    id: 'try',
                    header: t.endpoints.tryIt,
                    hidesHeader: true,
                    render: ({ model }) => (
                      <AppLink to={paths.tryEndpoint({ model })} aria-label={t.endpoints.tryOf(model)}>
                        {t.endpoints.tryIt}
                      </AppLink>
                    ),
                  },
                ]}
              />
            </>
          )
        }
      </Load>
    </Page>
  )
}
