import { useMemo } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { domainOf } from './axis-marks.js'
import { Plot, type PlotScale } from './plot.jsx'
import type { Bins, Pairs } from './read-reports.js'
import { middlePart } from './report-order.js'
import { ReportTable } from './report-table.jsx'
import { useReportTexts } from './use-report-texts.js'

/** Predicted over actual values, with the line on which the prediction is exact. */
export function ValuesReport({ pairs }: { readonly pairs: Pairs }) {
  const { f } = useI18n()
  const own = useReportTexts()
  const texts = own.values
  // One scale for both, so that the line of exact predictions is the diagonal.
  const domain = domainOf([...pairs.truth, ...pairs.predicted])
  const caption = texts.caption(f.integer(pairs.truth.length))
  return (
    <Scatter
      texts={texts}
      caption={caption}
      xs={pairs.truth}
      ys={pairs.predicted}
      domains={[domain, domain]}
      reference={(scale) => (
        <line
          className="plot-reference"
          x1={scale.x(domain[0])}
          y1={scale.y(domain[0])}
          x2={scale.x(domain[1])}
          y2={scale.y(domain[1])}
        />
      )}
    />
  )
}

/** Errors over predictions: a pattern is something that the model has not learnt. */
export function ResidualsReport({ pairs }: { readonly pairs: Pairs }) {
  const { f } = useI18n()
  const texts = useReportTexts().residuals
  const errors = useMemo(() => pairs.truth.map((value, row) => value - (pairs.predicted[row] ?? value)), [pairs])
  const [low, high] = domainOf(errors, 0)
  return (
    <Scatter
      texts={texts}
      caption={texts.caption({ low: f.metric(low), high: f.metric(high) })}
      xs={pairs.predicted}
      ys={errors}
      domains={[domainOf(pairs.predicted), domainOf([...errors, 0])]}
      reference={(scale) => (
        <line className="plot-reference" x1={scale.left} x2={scale.right} y1={scale.y(0)} y2={scale.y(0)} />
      )}
    />
  )
}

interface ScatterProps {
  readonly texts: { readonly title: string; readonly x: string; readonly y: string }
  readonly caption: string
  readonly xs: readonly number[]
  readonly ys: readonly number[]
  readonly domains: readonly [x: readonly [number, number], y: readonly [number, number]]
  readonly reference: (scale: PlotScale) => React.ReactNode
}

function Scatter({ texts, caption, xs, ys, domains, reference }: ScatterProps) {
  const { f } = useI18n()
  const own = useReportTexts()
  const pairs = useMemo(() => xs.map((x, index) => ({ x, y: ys[index] ?? 0 })), [xs, ys])
  const points = useMemo(
    () => pairs.map(({ x, y }) => ({ x, y, text: `${texts.x} ${f.metric(x)}, ${texts.y} ${f.metric(y)}` })),
    [pairs, texts, f],
  )
  return (
    <figure className="stack-tight">
      <Plot
        caption={`${texts.title}. ${caption}`}
        x={{ label: texts.x, domain: domains[0] }}
        y={{ label: texts.y, domain: domains[1] }}
        points={points}
      >
        {(scale) => (
          <>
            {reference(scale)}
            <g className="plot-dots" data-many={pairs.length > 300 || undefined}>
              {pairs.map(({ x, y }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name and never move
                <circle key={index} cx={scale.x(x)} cy={scale.y(y)} r="3" />
              ))}
            </g>
          </>
        )}
      </Plot>
      <figcaption className="small muted">{caption}</figcaption>
      <ReportTable
        title={texts.title}
        rows={pairs}
        columns={[
          { id: 'row', header: own.values.row, isNumber: true, render: ({ key }) => f.integer(Number(key) + 1) },
          { id: 'x', header: texts.x, isNumber: true, render: ({ x }) => f.metric(x) },
          { id: 'y', header: texts.y, isNumber: true, render: ({ y }) => f.metric(y) },
        ]}
      />
    </figure>
  )
}

/** How often errors of a size are. */
export function ResidualHistogram({ bins }: { readonly bins: Bins }) {
  const { f } = useI18n()
  const texts = useReportTexts().histogram
  const rows = bins.counts.map((count, index) => ({
    from: bins.edges[index] ?? 0,
    to: bins.edges[index + 1] ?? 0,
    count,
  }))
  const most = bins.counts.reduce((before, count) => Math.max(before, count), 1)
  const [from, to] = middlePart(bins)
  const caption = texts.caption({ from: f.metric(from), to: f.metric(to) })
  const binText = (row: (typeof rows)[number]) =>
    texts.binText({ from: f.metric(row.from), to: f.metric(row.to), count: f.integer(row.count) })
  return (
    <figure className="stack-tight">
      <Plot
        caption={`${texts.title}. ${caption}`}
        x={{ label: texts.x, domain: [bins.edges[0] ?? 0, bins.edges.at(-1) ?? 1] }}
        y={{ label: texts.y, domain: [0, most * 1.05] }}
        points={rows.map((row) => ({ x: (row.from + row.to) / 2, y: row.count, text: binText(row) }))}
      >
        {(scale) => (
          <g className="plot-bars">
            {rows.map((row) => (
              <rect
                key={row.from}
                x={scale.x(row.from) + 0.5}
                y={scale.y(row.count)}
                width={Math.max(scale.x(row.to) - scale.x(row.from) - 1, 0.5)}
                height={scale.bottom - scale.y(row.count)}
              />
            ))}
          </g>
        )}
      </Plot>
      <figcaption className="small muted">{caption}</figcaption>
      <ReportTable
        title={texts.title}
        rows={rows}
        columns={[
          { id: 'from', header: texts.from, isNumber: true, render: (row) => f.metric(row.from) },
          { id: 'to', header: texts.to, isNumber: true, render: (row) => f.metric(row.to) },
          { id: 'count', header: texts.y, isNumber: true, render: (row) => f.integer(row.count) },
        ]}
      />
    </figure>
  )
}
