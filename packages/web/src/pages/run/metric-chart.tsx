import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Point, ticks } from './reduce-points.js'
import './metric-chart.css'

const width = 960
const height = 280
const margin = { top: 12, right: 16, bottom: 28, left: 64 }

/** A metric over its steps: a line, a cursor for pointer and keyboard, and a sentence that says what it shows. */
export function MetricChart({
  metric,
  points,
  total,
}: {
  readonly metric: string
  readonly points: readonly Point[]
  readonly total: number
}) {
  const { t, f } = useI18n()
  const [at, setAt] = useState<number>()
  const values = points.map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const pad = (high - low || Math.abs(high) || 1) * 0.06
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return null
  const x = (step: number) =>
    margin.left + ((step - first.step) / (last.step - first.step || 1)) * (width - margin.left - margin.right)
  const y = (value: number) =>
    height - margin.bottom - ((value - low + pad) / (high - low + 2 * pad)) * (height - margin.top - margin.bottom)
  const caption = t.run.chartCaption({
    metric,
    count: f.integer(total),
    first: f.metric(first.value),
    last: f.metric(last.value),
    min: f.metric(low),
    max: f.metric(high),
  })
  const onPointer = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const step =
      first.step +
      ((((event.clientX - box.left) / box.width) * width - margin.left) / (width - margin.left - margin.right)) *
        (last.step - first.step)
    setAt(
      points.reduce(
        (best, point, index) =>
          Math.abs(point.step - step) < Math.abs((points[best]?.step ?? 0) - step) ? index : best,
        0,
      ),
    )
  }
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const end = { Home: 0, End: points.length - 1 }[event.key]
    if (by === undefined && end === undefined) return
    event.preventDefault()
    const next = end ?? (at ?? -1) + (by ?? 0) * (event.shiftKey ? 10 : 1)
    setAt(Math.min(Math.max(next, 0), points.length - 1))
  }
  const chosen = at === undefined ? undefined : points[at]
  return (
    <figure className="chart">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="application"
        aria-label={`${caption}. ${t.run.chartKeys}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows read the points, so the chart takes the focus
        tabIndex={0}
        onPointerMove={onPointer}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={onKey}
      >
        {ticks(low - pad, high + pad, 5).map((mark) => (
          <g key={mark} className="chart-mark">
            <line x1={margin.left} x2={width - margin.right} y1={y(mark)} y2={y(mark)} />
            <text x={margin.left - 8} y={y(mark)} dy="0.32em" textAnchor="end">
              {f.decimal(mark) === f.decimal(mark + pad) ? f.metric(mark) : f.decimal(mark)}
            </text>
          </g>
        ))}
        {ticks(first.step, last.step, 8).map((mark) => (
          <text key={mark} className="chart-step" x={x(mark)} y={height - 8} textAnchor="middle">
            {f.integer(mark)}
          </text>
        ))}
        <polyline
          className="chart-line"
          points={points.map(({ step, value }) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
        />
        {chosen !== undefined && (
          <g className="chart-cursor">
            <line x1={x(chosen.step)} x2={x(chosen.step)} y1={margin.top} y2={height - margin.bottom} />
            <circle cx={x(chosen.step)} cy={y(chosen.value)} r="4.5" />
          </g>
        )}
      </svg>
      <p className="chart-read" aria-live="polite">
        {chosen !== undefined && `${t.run.step} ${f.integer(chosen.step)} · ${f.exact(chosen.value)}`}
      </p>
      <figcaption className="muted">{caption}</figcaption>
    </figure>
  )
}
