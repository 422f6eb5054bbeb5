import { Button } from '@mantine/core'
import { type CSSProperties, type MouseEvent, useMemo, useState } from 'react'
import { tickText } from '../../components/charts/tick-format.js'
import { axisMarks, type Domain, domainOf } from '../../components/reports/axis-marks.js'
import { ReportTable } from '../../components/reports/report-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Contributions, directionOf, quantile, shades, shadesOf, spreadOf } from './explain-figures.js'
import { useExplainTexts } from './explain-texts.js'

const shownFirst = 10
/** The drawing is stretched to its place, dots are not. */
const [widthUnits, heightUnits] = [1000, 100]
const bins = 120
/** Part of the half height that the thickest place takes. */
const fill = 0.42
/** Units beside a dot that still count as on it. */
const reachUnits = 16

interface ContributionStripsProps {
  readonly contributions: Contributions
  /** The row that stands below. */
  readonly row: number
  readonly onRow: (row: number) => void
}

type Column = Contributions['columns'][number]

/** A strip for each column with a dot for each row: where it stands is what the column added, its shade is its value. */
export function ContributionStrips({ contributions, row, onRow }: ContributionStripsProps) {
  const { f, language } = useI18n()
  const words = useExplainTexts().contributions
  const [showsAll, setShowsAll] = useState(false)
  const sorted = useMemo(
    () => contributions.columns.toSorted((first, second) => second.mean_absolute - first.mean_absolute),
    [contributions],
  )
  const domain = useMemo(() => domainOf([0, ...sorted.flatMap((column) => column.contributions)]), [sorted])
  const shown = showsAll ? sorted : sorted.slice(0, shownFirst)
  const placeOf = (value: number) => `${((value - domain[0]) / (domain[1] - domain[0])) * 100}%`
  const caption = words.stripCaption({ first: sorted[0]?.column ?? '', count: sorted.length })
  return (
    <figure className="stack-tight">
      <div className="strips" style={{ '--base': placeOf(0) } as CSSProperties}>
        {shown.map((column) => (
          <div key={column.column} className="strip">
            <span className="strip-name" title={column.column}>
              {column.column}
            </span>
            <Strip column={column} domain={domain} row={row} onRow={onRow} />
          </div>
        ))}
        <div className="strip strip-axis" aria-hidden="true">
          <span />
          <div>
            {axisMarks(domain, 5).map((mark) => (
              <span key={mark} style={{ left: placeOf(mark) }}>
                {tickText(mark, language)}
              </span>
            ))}
          </div>
        </div>
      </div>
      <ShadeLegend />
      <figcaption className="small muted">{`${caption}.`}</figcaption>
      {sorted.length > shownFirst && (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? words.showFewer : words.showAll(sorted.length)}
          </Button>
        </div>
      )}
      <ReportTable
        title={words.title}
        rows={sorted.map((column) => ({ ...column, ranked: column.contributions.toSorted((a, b) => a - b) }))}
        columns={[
          { id: 'column', header: words.table.column, render: ({ column }) => column },
          { id: 'mean', header: words.table.mean, isNumber: true, render: (each) => f.metric(each.mean_absolute) },
          ...(['lowest', 'median', 'highest'] as const).map((id, at) => ({
            id,
            header: words.table[id],
            isNumber: true,
            render: ({ ranked }: { readonly ranked: readonly number[] }) => f.metric(quantile(ranked, at / 2)),
          })),
          {
            id: 'direction',
            header: words.table.direction,
            render: (each) => words.direction[directionOf(each.values, each.contributions)],
          },
        ]}
      />
    </figure>
  )
}

function ShadeLegend() {
  const words = useExplainTexts().contributions
  return (
    <ul className="strip-legend small">
      <li>
        <span>{words.low}</span>
        {Array.from({ length: shades }, (_, shade) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the shades never move
          <i key={shade} data-shade={shade} />
        ))}
        <span>{words.high}</span>
      </li>
      <li>
        <i data-shade="none" />
        <span>{words.noOrder}</span>
      </li>
    </ul>
  )
}

interface StripProps {
  readonly column: Column
  readonly domain: Domain
  readonly row: number
  readonly onRow: (row: number) => void
}

interface Dot {
  readonly x: number
  readonly y: number
  readonly shade: number | undefined
}

function Strip({ column, domain: [low, high], row, onRow }: StripProps) {
  const words = useExplainTexts().contributions
  const dots = useMemo((): readonly Dot[] => {
    const colours = shadesOf(column.values)
    const spread = spreadOf(column.contributions, bins)
    return column.contributions.map((value, at) => ({
      x: ((value - low) / (high - low)) * widthUnits,
      y: heightUnits / 2 + (spread[at] ?? 0) * fill * heightUnits,
      shade: colours[at],
    }))
  }, [column, low, high])
  const paths = useMemo(() => pathsOf(dots), [dots])
  const choose = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const found = nearestDot(
      dots,
      ((event.clientX - box.left) / box.width) * widthUnits,
      ((event.clientY - box.top) / box.height) * heightUnits,
    )
    if (found !== undefined) onRow(found)
  }
  const chosen = dots[row]
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: for the keyboard rows are chosen in the field below
    <svg
      className="strip-dots"
      viewBox={`0 0 ${widthUnits} ${heightUnits}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words.stripOf(column.column)}
      onClick={choose}
    >
      {paths.map(({ shade, d }) => (
        <path key={shade} data-shade={shade} d={d} />
      ))}
      {chosen !== undefined && <path className="strip-chosen" d={dotPath(chosen)} />}
    </svg>
  )
}

/** A line of no length with round ends is a dot; those of a shade are one path, so that thousands are drawn at once. */
const dotPath = ({ x, y }: Dot) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`

function pathsOf(dots: readonly Dot[]): readonly { readonly shade: string; readonly d: string }[] {
  const byShade = new Map<string, string[]>()
  for (const dot of dots) {
    const shade = String(dot.shade ?? 'none')
    const parts = byShade.get(shade) ?? []
    parts.push(dotPath(dot))
    byShade.set(shade, parts)
  }
  return [...byShade].map(([shade, parts]) => ({ shade, d: parts.join('') }))
}

function nearestDot(dots: readonly Dot[], x: number, y: number): number | undefined {
  let nearest: number | undefined
  let least = reachUnits ** 2
  for (const [at, dot] of dots.entries()) {
    // Sideways is what the dot says; how far it was spread says nothing.
    const distance = (dot.x - x) ** 2 + ((dot.y - y) / 4) ** 2
    if (distance >= least) continue
    least = distance
    nearest = at
  }
  return nearest
}
