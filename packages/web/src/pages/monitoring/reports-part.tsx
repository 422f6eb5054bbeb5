import type { MonitorReport } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { monitoringQueries } from './monitoring-queries.js'
import { ReportComparisonPart } from './report-comparison.jsx'
import { foundText } from './state-text.js'

const route = getRouteApi(patterns.monitor)

/** All reports, newest first; one of them beside another above. */
export function ReportsPart({ monitor }: { readonly monitor: string }) {
  const { t } = useI18n()
  const { report, before } = route.useSearch()
  const query = useInfiniteQuery(monitoringQueries.reports(monitor))
  const items = query.data?.pages.flatMap((page) => page.items)
  if (items === undefined)
    return query.error === null ? (
      <SkeletonLines lines={6} />
    ) : (
      <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
    )
  const [newest] = items
  if (newest === undefined) return <p className="muted">{t.monitoring.noReports}</p>
  return (
    <div className="stack">
      {before !== undefined && <ReportComparisonPart report={report ?? newest.id} before={before} monitor={monitor} />}
      <ReportTable reports={items} monitor={monitor} after={report ?? newest.id} />
      {query.hasNextPage && (
        <div className="row">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
        </div>
      )}
    </div>
  )
}

interface ReportTableProps {
  readonly reports: readonly MonitorReport[]
  readonly monitor: string
  /** The report that others are compared with. */
  readonly after: string
}

function ReportTable({ reports, monitor, after }: ReportTableProps) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { before } = route.useSearch()
  const to = paths.monitor({ monitor })
  return (
    <DataTable
      label={words.monitorTabs.reports}
      rows={reports}
      rowKey={({ id }) => id}
      isChosen={({ id }) => before !== undefined && (id === before || id === after)}
      columns={[
        {
          id: 'state',
          header: words.state,
          render: ({ state, ad_hoc: isAdHoc }) => (
            <>
              <MonitorStateWord state={state} />
              {isAdHoc && (
                <p className="small muted" title={words.adHocNote}>
                  {words.adHoc}
                </p>
              )}
            </>
          ),
        },
        {
          id: 'at',
          header: words.at,
          render: ({ id, at }) => (
            <AppLink to={to} search={{ report: id }}>
              {f.moment(at)}
            </AppLink>
          ),
        },
        { id: 'age', header: words.lastReport, hidesHeader: true, render: ({ at }) => <Moment at={at} /> },
        { id: 'found', header: words.found, isWide: true, render: (report) => foundText(report, t, f) },
        {
          id: 'worst',
          header: words.worst,
          render: ({ worst_column: column }) =>
            column === undefined ? (
              '–'
            ) : (
              <AppLink to={paths.monitorColumn({ monitor, column })}>
                <code>{column}</code>
              </AppLink>
            ),
        },
        {
          id: 'rows',
          header: t.monitoring.current,
          isNumber: true,
          render: ({ current }) => rowsText(current?.rows, f),
        },
        { id: 'origin', header: words.origin, render: ({ origin }) => words.origins[origin] },
        {
          id: 'compare',
          header: words.compareWith,
          hidesHeader: true,
          isNarrow: true,
          render: ({ id, at }) =>
            id === after ? null : (
              <AppLink
                to={to}
                search={{ tab: 'reports', report: after, before: id }}
                aria-label={words.compareWithOf(f.moment(at))}
              >
                {words.compareWith}
              </AppLink>
            ),
        },
      ]}
    />
  )
}

const rowsText = (rows: number | undefined, f: ReturnType<typeof useI18n>['f']): string =>
  rows === undefined ? '–' : f.integer(rows)
