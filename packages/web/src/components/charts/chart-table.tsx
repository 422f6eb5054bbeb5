import { useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import type { Aligned, AlignedBand } from './align-lines.js'
import type { ChartLine } from './chart-line.js'
import { type XKind, xText } from './tick-format.js'

const rowsMax = 500

/** The values of a chart as a table, made when it is opened. */
export function ChartTable({
  title,
  lines,
  data,
  bands,
  xKind,
}: {
  readonly title: string
  readonly lines: readonly ChartLine[]
  readonly data: Aligned
  readonly bands: readonly AlignedBand[]
  readonly xKind: XKind
}) {
  const { t, f } = useI18n()
  const [isOpen, setOpen] = useState(false)
  const rows = isOpen ? data.xs.slice(0, rowsMax).map((x, index) => ({ x, index })) : []
  return (
    <details className="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.charts.asTable}</summary>
      {isOpen && (
        <div className="chart-table-body">
          {data.xs.length > rowsMax && (
            <p className="small muted">{t.common.showingOf(f.integer(rowsMax), f.integer(data.xs.length))}</p>
          )}
          <DataTable
            label={t.charts.tableOf(title)}
            rows={rows}
            rowKey={({ x }) => String(x)}
            columns={[
              { id: 'x', header: t.charts.x[xKind], isNumber: true, render: ({ x }) => xText(x, xKind, f) },
              ...lines.map((line, at) => ({
                id: line.id,
                header: line.label,
                isNumber: true,
                render: ({ index }: { readonly index: number }) => {
                  const value = data.ys[at]?.[index]
                  if (value === undefined) return ''
                  return value === null ? '–' : `${f.exact(value)}${bandText(bands, at, index, f)}`
                },
              })),
            ]}
          />
        </div>
      )}
    </details>
  )
}

/** The ends of the area that a value lies in. */
function bandText(bands: readonly AlignedBand[], line: number, index: number, f: ReturnType<typeof useI18n>['f']) {
  const band = bands.find((each) => each.line === line)
  const [low, high] = [band?.lows[index], band?.highs[index]]
  return typeof low === 'number' && typeof high === 'number' ? ` (${f.metric(low)} – ${f.metric(high)})` : ''
}
