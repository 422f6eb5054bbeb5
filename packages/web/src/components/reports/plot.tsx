import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { tickText } from '../charts/tick-format.js'
import { axisMarks, type Domain } from './axis-marks.js'

/** Places of values on the drawing, in pixels. */
export interface PlotScale {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
  /** Inner area. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Something that the pointer can ask about. */
export interface PlotPoint {
  readonly x: number
  readonly y: number
  /** What is said of it. */
  readonly text: string
  /** What it stands for, where it can be chosen. */
  readonly id?: string
}

export interface PlotAxis {
  readonly label: string
  readonly domain: Domain
  /** Where marks stand, for a number of them; round numbers unless told. */
  readonly marksOf?: (wanted: number) => readonly number[]
  /** What stands beside a mark, also told of all marks. */
  readonly markText?: (mark: number, marks: readonly number[]) => string
}

interface PlotProps {
  /** What the drawing shows, as a sentence. */
  readonly caption: string
  readonly x: PlotAxis
  readonly y: PlotAxis
  /** Pixels; 300 unless told. */
  readonly height?: number
  /** Told in a corner when the pointer is near one. */
  readonly points?: readonly PlotPoint[]
  /** Called with the id of the point near to where was pressed. Whoever gives it also gives links elsewhere. */
  readonly onChoose?: (id: string) => void
  readonly children: (scale: PlotScale) => ReactNode
}

const defaultHeight = 300
const bottomPx = 42
const topPx = 8
const rightPx = 14
/** Pixels from the pointer to what it asks about. */
const reachPx = 28

/** A drawing with two axes, as wide as its place; colours and text are those of the theme. */
export function Plot({ caption, x, y, height = defaultHeight, points = [], onChoose, children }: PlotProps) {
  const { language } = useI18n()
  const [ref, width] = useWidth()
  const [asked, setAsked] = useState<PlotPoint>()
  const yMarks = axisMarks(y.domain, height / 56)
  const yTexts = yMarks.map((mark) => tickText(mark, language))
  const left = 30 + 7 * Math.max(...yTexts.map((text) => text.length))
  const area = { left, right: Math.max(width - rightPx, left + 40), top: topPx, bottom: height - bottomPx }
  const scale: PlotScale = {
    ...area,
    x: (value) => area.left + ((value - x.domain[0]) / (x.domain[1] - x.domain[0])) * (area.right - area.left),
    y: (value) => area.bottom - ((value - y.domain[0]) / (y.domain[1] - y.domain[0])) * (area.bottom - area.top),
  }
  const xWanted = (area.right - area.left) / (x.markText === undefined ? 80 : 120)
  const xMarks = x.marksOf?.(xWanted) ?? axisMarks(x.domain, xWanted)
  const onMove = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    setAsked(nearestPoint(points, scale, event.clientX - box.left, event.clientY - box.top))
  }
  return (
    <div className="plot" ref={ref} style={{ minHeight: height }}>
      {width > 0 && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: for the keyboard the same stands as links in a table
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={caption}
          onPointerMove={onMove}
          onPointerLeave={() => setAsked(undefined)}
          onClick={() => asked?.id !== undefined && onChoose?.(asked.id)}
          data-choosable={(asked !== undefined && onChoose !== undefined) || undefined}
        >
          <g className="plot-grid">
            {yMarks.map((mark) => (
              <line key={mark} x1={area.left} x2={area.right} y1={scale.y(mark)} y2={scale.y(mark)} />
            ))}
            {xMarks.map((mark) => (
              <line key={mark} x1={scale.x(mark)} x2={scale.x(mark)} y1={area.top} y2={area.bottom} />
            ))}
          </g>
          <g className="plot-text">
            {yMarks.map((mark, index) => (
              <text key={mark} x={area.left - 6} y={scale.y(mark)} dy="0.32em" textAnchor="end">
                {yTexts[index]}
              </text>
            ))}
            {xMarks.map((mark) => (
              <text key={mark} x={scale.x(mark)} y={area.bottom + 16} textAnchor="middle">
                {x.markText?.(mark, xMarks) ?? tickText(mark, language)}
              </text>
            ))}
            <text x={(area.left + area.right) / 2} y={height - 6} textAnchor="middle">
              {x.label}
            </text>
            <text transform={`translate(12 ${(area.top + area.bottom) / 2}) rotate(-90)`} textAnchor="middle">
              {y.label}
            </text>
          </g>
          {children(scale)}
          {asked !== undefined && <circle className="plot-asked" cx={scale.x(asked.x)} cy={scale.y(asked.y)} r="5" />}
        </svg>
      )}
      {asked !== undefined && (
        <p className="plot-read" style={scale.x(asked.x) > width / 2 ? { left: left + 8 } : { right: rightPx }}>
          {asked.text}
        </p>
      )}
    </div>
  )
}

function nearestPoint(points: readonly PlotPoint[], scale: PlotScale, x: number, y: number): PlotPoint | undefined {
  let nearest: PlotPoint | undefined
  let least = reachPx ** 2
  for (const point of points) {
    const distance = (scale.x(point.x) - x) ** 2 + (scale.y(point.y) - y) ** 2
    if (distance >= least) continue
    least = distance
    nearest = point
  }
  return nearest
}

/** The width that an element has, in pixels; 0 before it is known. */
function useWidth(): readonly [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}

/** A path through places; values that are no numbers are gaps. */
export function pathThrough(scale: PlotScale, xs: readonly number[], ys: readonly number[]): string {
  return xs
    .map((x, index) => `${index === 0 ? 'M' : 'L'}${scale.x(x).toFixed(1)} ${scale.y(ys[index] ?? 0).toFixed(1)}`)
    .join('')
}
