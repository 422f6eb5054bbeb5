import type { MonitorReportDetail, MonitorTrends, ReportColumn } from '@fabrique/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { Pager } from '../../components/pager.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { columnOrders, columnShows } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { chooseColumns, missingShare } from './choose-columns.js'
import { ColumnStateWord, kindText } from './column-state.jsx'
import { DistributionPair } from './distribution-pair.jsx'
import { thresholdText } from './metric-text.js'
import { monitoringQueries } from './monitoring-queries.js'
import { Sparkline } from './sparkline.jsx'

const route = getRouteApi(patterns.monitor)
const pageSize = 50

/** The columns of a report: what came of each, and both sides beside each other. */
export function ColumnTable({ report }: { readonly report: MonitorReportDetail }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const search = route.useSearch()
  const { find = '', show, sort = 'severity' } = search
  const changeSearch = useSearchChange()
  const trends = useQuery(monitoringQueries.trends(report.monitor)).data
  const found = chooseColumns(report.columns, { find, show, sort })
  const offset = Math.min(Math.max(Number(search.offset ?? 0), 0), Math.max(found.length - 1, 0))
  const change = (changed: Readonly<Record<string, string | undefined>>) =>
    changeSearch({ ...search, offset: undefined, ...changed })
  const shown = found.slice(offset, offset + pageSize)
  return (
    <section className="stack-tight" aria-labelledby="report-columns">
      <h2 id="report-columns">{words.columns}</h2>
      <div className="monitor-filter">
        <TextInput
          aria-label={words.findColumn}
          placeholder={words.findColumn}
          leftSection={<Icon name="search" size={14} />}
          value={find}
          onChange={(event) => change({ find: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={words.level}
          value={show ?? ''}
          onChange={(event) => change({ show: event.currentTarget.value })}
          data={[
            { value: '', label: words.allColumns },
            ...columnShows.map((value) => ({ value, label: words.shows[value] })),
          ]}
        />
        <NativeSelect
          aria-label={words.order}
          value={sort}
          onChange={({ currentTarget: { value } }) => change({ sort: value === 'severity' ? undefined : value })}
          data={columnOrders.map((value) => ({ value, label: words.columnOrders[value] }))}
        />
        <p className="small muted" role="status">
          {shown.length < report.columns.length
            ? t.common.showingOf(f.integer(shown.length), f.integer(report.columns.length))
            : words.columnCount(report.columns.length)}
        </p>
      </div>
      <p className="pair-legend small" aria-hidden="true">
        <span data-part="reference">{words.reference}</span>
        <span data-part="current">{words.current}</span>
      </p>
      {found.length === 0 ? (
        <p className="muted">{words.noMatch}</p>
      ) : (
        <Table {...{ report, trends }} columns={shown} />
      )}
      <Pager
        offset={offset}
        shown={shown.length}
        total={found.length}
        pageSize={pageSize}
        onMove={(to) => changeSearch({ ...search, offset: to }, 'push')}
      />
    </section>
  )
}

interface TableProps {
  readonly report: MonitorReportDetail
  readonly columns: readonly ReportColumn[]
  readonly trends: MonitorTrends | undefined
}

function Table({ report, columns, trends }: TableProps) {
  const { t } = useI18n()
  const words = t.monitoring
  const pointsOf = new Map(trends?.columns.map(({ name, points }) => [name, points]))
  return (
    <DataTable
      label={words.columns}
      rows={columns}
      rowKey={({ name }) => name}
      columns={[
        { id: 'state', header: words.level, render: (column) => <ColumnStateWord column={column} /> },
        {
          id: 'name',
          header: words.column,
          render: ({ name, role, type }) => (
            <div className="report-column">
              <AppLink to={paths.monitorColumn({ monitor: report.monitor, column: name })}>
                <code className="wraps-narrow">{name}</code>
              </AppLink>
              <span className="small muted">{kindText({ role, type }, t)}</span>
            </div>
          ),
        },
        {
          id: 'score',
          header: words.score,
          isWide: true,
          render: (column) => <Score column={column} rowsMin={report.rows_min} />,
        },
        {
          id: 'trend',
          header: words.trend,
          render: ({ name }) => <Sparkline column={name} points={pointsOf.get(name)} />,
        },
        {
          id: 'pair',
          header: words.distribution,
          render: ({ name, histogram }) => <DistributionPair column={name} histogram={histogram} />,
        },
        { id: 'missing', header: words.missing, isNumber: true, render: (column) => <Missing column={column} /> },
      ]}
    />
  )
}

/** The score with its method and threshold; where there is none, why. */
function Score({ column, rowsMin }: { readonly column: ReportColumn; readonly rowsMin: number }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { score, threshold, method, method_title: title, state, sentence } = column
  if (score === null) {
    const rows = Math.min(column.reference_rows, column.current_rows)
    const isShort = state === 'not_enough_data' && rows < rowsMin
    return <span className="small">{isShort ? words.tooFewValues(f.integer(rows), f.integer(rowsMin)) : sentence}</span>
  }
  const name = title ?? method ?? ''
  return (
    <div className="report-score" title={sentence}>
      <span className="number" title={f.exact(score)}>
        {f.metric(score)}
      </span>
      <span className="small muted">
        {threshold === null ? name : words.methodAndThreshold(name, thresholdText(threshold, f))}
      </span>
    </div>
  )
}

function Missing({ column }: { readonly column: ReportColumn }) {
  const { t, f } = useI18n()
  const side = (which: 'reference' | 'current') => {
    const share = missingShare(column, which)
    return share === undefined ? '–' : f.percent(share)
  }
  return t.monitoring.missingOf(side('reference'), side('current'))
}
