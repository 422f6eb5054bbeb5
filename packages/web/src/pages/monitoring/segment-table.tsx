import type { ReportSegment, ReportSegments } from '@fabrique/contract'
import { Button, NativeSelect } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { segmentOrders } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { chooseSegments } from './choose-segments.js'
import { DecidedWord } from './decided-word.jsx'

const route = getRouteApi(patterns.monitor)
/** The worst are what a reader looks for. */
const shownFirst = 20

/** All rows as one more, under no column. */
type Row = ReportSegments['whole'] & Partial<Pick<ReportSegment, 'title' | 'column'>>

/** How the model does on the parts of the rows: all of them first, then the worst. */
export function SegmentTable({ found }: { readonly found: ReportSegments }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const search = route.useSearch()
  const { segments: column, by: order = 'worst' } = search
  const changeSearch = useSearchChange()
  const [isWhole, showAll] = useState(false)
  const chosen = chooseSegments(found.segments, { column, order })
  const shown = isWhole ? chosen : chosen.slice(0, shownFirst)
  const rows: readonly Row[] = [found.whole, ...shown]
  const parted = found.columns.filter(({ segments }) => segments > 0)
  return (
    <section className="stack-tight" aria-labelledby="report-segments">
      <h2 id="report-segments">{words.segments}</h2>
      {found.segments.length > 0 && (
        <div className="monitor-filter">
          <NativeSelect
            aria-label={words.segmentColumn}
            value={column ?? ''}
            onChange={({ currentTarget: { value } }) =>
              changeSearch({ ...search, segments: value === '' ? undefined : value })
            }
            data={[{ value: '', label: words.allSegments }, ...parted.map((one) => one.column)]}
          />
          <NativeSelect
            aria-label={words.order}
            value={order}
            onChange={({ currentTarget: { value } }) =>
              changeSearch({ ...search, by: value === 'worst' ? undefined : value })
            }
            data={segmentOrders.map((value) => ({ value, label: words.segmentOrders[value] }))}
          />
          <p className="small muted" role="status">
            {t.common.showingOf(f.integer(shown.length), f.integer(found.segments.length))}
          </p>
        </div>
      )}
      <DataTable
        label={words.segments}
        rows={rows}
        rowKey={({ title = '', column: of = '' }) => `${of} ${title}`}
        columns={[
          { id: 'state', header: words.level, render: (row) => <Result row={row} /> },
          {
            id: 'segment',
            header: words.segment,
            isWide: true,
            render: ({ title, sentence }) => (
              <div className="found-cell">
                {title ?? <strong>{words.wholeRows}</strong>}
                <p className="small muted prose">{sentence}.</p>
              </div>
            ),
          },
          {
            id: 'now',
            header: words.nowOf(found.metric),
            isNumber: true,
            render: (row) => <Now row={row} of={found} />,
          },
          {
            id: 'before',
            header: words.beforeOf,
            isNumber: true,
            render: ({ before }) => (before === null ? '–' : f.metric(before)),
          },
          {
            id: 'rows',
            header: words.withTruth,
            isNumber: true,
            render: ({ labelled, rows: all }) =>
              labelled === all ? f.integer(all) : words.testedOf(f.integer(labelled), f.integer(all)),
          },
        ]}
      />
      {shown.length < chosen.length && (
        <div className="row">
          <Button variant="default" onClick={() => showAll(true)}>
            {words.showAllSegments(f.integer(chosen.length))}
          </Button>
        </div>
      )}
      {found.tested > 0 && <p className="small muted prose">{words.segmentsNote}</p>}
      <LeftOut found={found} />
    </section>
  )
}

function Result({ row: { falls, state } }: { readonly row: Row }) {
  const words = useI18n().t.monitoring
  const told =
    falls === true
      ? words.decided.worse
      : falls === false || state === 'tested'
        ? words.decided.calm
        : words.segmentStates[state]
  return <DecidedWord isAlarm={falls}>{told}</DecidedWord>
}

function Now({ row: { now, metrics }, of: { metric } }: { readonly row: Row; readonly of: ReportSegments }) {
  const { t, f } = useI18n()
  if (now === null) return '–'
  const own = metrics.find((one) => one.metric === metric)
  return (
    <>
      {f.metric(now)}
      {own?.low !== undefined && own.high !== undefined && (
        <span className="small muted found-band"> ({t.monitoring.band(f.metric(own.low), f.metric(own.high))})</span>
      )}
    </>
  )
}

/** Values that are not told of, and columns that part no rows. */
function LeftOut({ found: { columns } }: { readonly found: ReportSegments }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  return columns.map(({ column, left_out: left, why_not: why }) => {
    if (why === undefined && left === undefined) return null
    return (
      <p key={column} className="small muted prose">
        {why === undefined
          ? words.segmentsLeft({ column, segments: f.integer(left?.segments ?? 0), rows: f.integer(left?.rows ?? 0) })
          : words.segmentsUnparted(column, why)}
      </p>
    )
  })
}
