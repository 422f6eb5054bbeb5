import type { ColumnHistogram } from '@fabrique/contract'
import { domainOf } from '../../components/reports/axis-marks.js'
import { Plot, type PlotPoint, type PlotScale } from '../../components/reports/plot.jsx'
import { ReportTable } from '../../components/reports/report-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { showRounded } from '../datasets/show-value.js'
import { drawnText } from './distribution-pair.jsx'
import { densitiesOf, labelShares, type SharedLabels, type SharedNumbers } from './shared-outline.js'
import '../../components/reports/reports.css'

interface DistributionLargeProps {
  readonly column: string
  readonly histogram: ColumnHistogram
}

/** Both sides of a column, large: numbers as density on shared bins, labels as pairs of bars; and the same as a table. */
export function DistributionLarge({ column, histogram }: DistributionLargeProps) {
  const { t, f } = useI18n()
  const caption = drawnText(column, histogram, t, f)
  return (
    <figure className="stack-tight">
      <p className="pair-legend small" aria-hidden="true">
        <span data-part="reference">{t.monitoring.reference}</span>
        <span data-part="current">{t.monitoring.current}</span>
      </p>
      {histogram.kind === 'numbers' ? (
        <Numbers column={column} histogram={histogram} caption={caption} />
      ) : (
        <Labels column={column} histogram={histogram} />
      )}
      <figcaption className="small muted">
        {histogram.kind === 'numbers' ? `${caption}. ${t.monitoring.densityNote}` : caption}
      </figcaption>
    </figure>
  )
}

interface NumbersProps {
  readonly column: string
  readonly histogram: SharedNumbers
  readonly caption: string
}

function Numbers({ column, histogram, caption }: NumbersProps) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { edges } = histogram
  const [reference, current] = [densitiesOf(histogram, histogram.reference), densitiesOf(histogram, histogram.current)]
  const show = (edge: number | undefined) => showRounded(Number((edge ?? 0).toPrecision(4)), f)
  const bins = histogram.reference.map((share, index) => ({
    from: edges[index] ?? 0,
    to: edges[index + 1] ?? 0,
    before: share,
    after: histogram.current[index] ?? 0,
    high: Math.max(reference[index] ?? 0, current[index] ?? 0),
  }))
  const points = bins.map(
    ({ from, to, before, after, high }): PlotPoint => ({
      x: (from + to) / 2,
      y: high,
      text: words.bin({ from: show(from), to: show(to), before: f.percent(before), after: f.percent(after) }),
    }),
  )
  const high = Math.max(...reference, ...current)
  return (
    <>
      <Plot
        caption={caption}
        x={{ label: column, domain: [edges[0] ?? 0, edges.at(-1) ?? 1] }}
        y={{ label: words.density, domain: [0, domainOf([0, high])[1]] }}
        points={points}
        height={280}
      >
        {(scale) => (
          <>
            <path className="pair-reference" d={outline(scale, edges, reference)} />
            <path className="pair-current" d={outline(scale, edges, current)} />
          </>
        )}
      </Plot>
      <ReportTable
        title={column}
        rows={bins}
        columns={[
          { id: 'from', header: words.from, isNumber: true, render: ({ from }) => show(from) },
          { id: 'to', header: words.to, isNumber: true, render: ({ to }) => show(to) },
          { id: 'before', header: words.reference, isNumber: true, render: ({ before }) => f.percent(before) },
          { id: 'after', header: words.current, isNumber: true, render: ({ after }) => f.percent(after) },
        ]}
      />
    </>
  )
}

function outline(scale: PlotScale, edges: readonly number[], densities: readonly number[]): string {
  const steps = densities.map(
    (density, index) => `V${scale.y(density).toFixed(1)}H${scale.x(edges[index + 1] ?? 0).toFixed(1)}`,
  )
  return `M${scale.x(edges[0] ?? 0).toFixed(1)} ${scale.bottom}${steps.join('')}V${scale.bottom}Z`
}

/** Labels need no drawing beside their table: the bars stand in it. */
function Labels({ column, histogram }: { readonly column: string; readonly histogram: SharedLabels }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const shares = labelShares(histogram)
  const most = Math.max(...shares.flatMap(({ reference, current }) => [reference, current]), 1e-12)
  return (
    <table className="label-pairs">
      <caption className="visually-hidden">{column}</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{words.label}</th>
          <th scope="col">{words.reference}</th>
          <th scope="col">{words.current}</th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ label, reference, current }) => (
          <tr key={label ?? 'others of them'}>
            <th scope="row">{label ?? words.othersLabel(histogram.others)}</th>
            <td>
              <LabelBar part="reference" share={reference} most={most} text={f.percent(reference)} />
            </td>
            <td>
              <LabelBar part="current" share={current} most={most} text={f.percent(current)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface LabelBarProps {
  readonly part: 'reference' | 'current'
  readonly share: number
  readonly most: number
  readonly text: string
}

function LabelBar({ part, share, most, text }: LabelBarProps) {
  return (
    <span className="label-bar">
      <span className="label-bar-fill" data-part={part} style={{ width: `${(share / most) * 100}%` }} />
      <span className="number">{text}</span>
    </span>
  )
}
