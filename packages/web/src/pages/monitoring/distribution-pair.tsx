import type { ColumnHistogram } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { Format } from '../../i18n/format.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { showRounded } from '../datasets/show-value.js'
import { labelShares, largestShift, outlinesOf } from './shared-outline.js'

const box = { width: 120, height: 32 }
/** Labels that a small drawing has room for. */
const labelsMax = 6

interface DistributionPairProps {
  readonly column: string
  readonly histogram: ColumnHistogram | undefined
}

/** Both sides of a column on shared bins as density: reference filled, current outlined. Small, to stand in a table. */
export function DistributionPair({ column, histogram }: DistributionPairProps) {
  const { t, f } = useI18n()
  if (histogram === undefined) return <span className="muted">–</span>
  const text = drawnText(column, histogram, t, f)
  if (histogram.kind === 'labels') return <LabelBars histogram={histogram} text={text} />
  const outlines = outlinesOf(histogram, box)
  if (outlines === undefined) return <span className="muted">–</span>
  const { edges } = histogram
  return (
    <figure className="pair">
      <svg viewBox={`0 0 ${box.width} ${box.height}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <title>{text}</title>
        <path className="pair-reference" d={outlines.reference} />
        <path className="pair-current" d={outlines.current} />
      </svg>
      <figcaption>
        <span>{showRounded(short(edges[0] ?? 0), f)}</span>
        <span>{showRounded(short(edges.at(-1) ?? 0), f)}</span>
      </figcaption>
    </figure>
  )
}

const short = (value: number): number => Number(value.toPrecision(3))

function LabelBars({
  histogram,
  text,
}: {
  readonly histogram: Extract<ColumnHistogram, { kind: 'labels' }>
  readonly text: string
}) {
  const shares = labelShares(histogram).slice(0, labelsMax)
  const most = Math.max(...shares.flatMap(({ reference, current }) => [reference, current]), 1e-12)
  const step = box.width / shares.length
  const bar = Math.min(step * 0.36, 14)
  return (
    <figure className="pair">
      <svg viewBox={`0 0 ${box.width} ${box.height}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <title>{text}</title>
        {shares.map(({ label, reference, current }, index) => (
          <g key={label ?? 'others of them'}>
            <Bar className="pair-reference" x={index * step + step / 2 - bar} width={bar} share={reference / most} />
            <Bar className="pair-current" x={index * step + step / 2} width={bar} share={current / most} />
          </g>
        ))}
      </svg>
    </figure>
  )
}

interface BarProps {
  readonly className: string
  readonly x: number
  readonly width: number
  readonly share: number
}

function Bar({ className, x, width, share }: BarProps) {
  const height = share * box.height
  return <rect className={className} x={x} width={width} y={box.height - height} height={height} />
}

/** What a drawing shows, as a sentence: the range, and what changed most. */
export function drawnText(
  column: string,
  histogram: ColumnHistogram,
  t: Pick<Catalogue, 'monitoring'>,
  f: Format,
): string {
  const words = t.monitoring
  const at = largestShift(histogram)
  const [before, after] = [histogram.reference[at] ?? 0, histogram.current[at] ?? 0]
  if (histogram.kind === 'labels') {
    const label = histogram.labels[at] ?? words.othersLabel(histogram.others)
    return words.labelsDrawn({ column, label, before: f.percent(before), after: f.percent(after) })
  }
  const edge = (index: number) => showRounded(short(histogram.edges[index] ?? 0), f)
  return words.numbersDrawn({
    column,
    min: edge(0),
    max: edge(histogram.edges.length - 1),
    from: edge(at),
    to: edge(at + 1),
    more: `${after >= before ? '+' : '−'}${f.percent(Math.abs(after - before))}`,
  })
}
