import type { Endpoint } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { figuresByModel } from './figure-lines.js'
import { hourSeconds, servingQueries } from './serving-queries.js'

/** The models that answer predictions on this server. */
export function EndpointsPage() {
  const { t, f } = useI18n()
  const query = useQuery(queries.endpoints())
  const figures = useQuery(servingQueries.lastHour())
  const lastHour = figures.data === undefined ? undefined : figuresByModel(figures.data.items, hourSeconds)
  const latencies = ({ latency_p50_ms: p50, latency_p95_ms: p95, latency_p99_ms: p99 }: Endpoint) =>
    [p50, p95, p99].map((value) => (value === undefined ? '–' : f.duration(value))).join(' / ')
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
                    id: 'latency',
                    header: t.endpoints.latency,
                    isNumber: true,
                    render: latencies,
                  },
                  {
                    id: 'rate',
                    header: t.endpoints.rate,
                    isNumber: true,
                    render: ({ model }) => (lastHour === undefined ? '–' : f.metric(lastHour.get(model)?.rate ?? 0)),
                  },
                  {
                    id: 'errors',
                    header: t.endpoints.errors,
                    isNumber: true,
                    render: ({ model }) => {
                      const errors = lastHour?.get(model)?.errors
                      return errors === undefined ? '–' : f.percent(errors)
                    },
                  },
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
