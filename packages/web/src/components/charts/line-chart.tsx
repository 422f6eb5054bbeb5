import { type KeyboardEvent, lazy, Suspense, useCallback, useId, useMemo, useState, useSyncExternalStore } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Aligned, type AlignedBand, alignLines, nearestIndex } from './align-lines.js'
import type { ChartLine } from './chart-line.js'
import { ChartTable } from './chart-table.jsx'
import { CursorChannel } from './cursor-channel.js'
import { type LineStyle, lineColor } from './line-style.js'
import { smooth } from './smooth.js'
import { type XKind, xText } from './tick-format.js'
import './line-chart.css'

export type { ChartLine } from './chart-line.js'

const LinePlot = lazy(async () => ({ default: (await import('./line-plot.jsx')).LinePlot }))

interface LineChartProps {
  /** Name of what is drawn: the metric. */
  readonly title: string
  readonly lines: readonly ChartLine[]
  /** Unit of `xs`; `step` unless told. */
  readonly xKind?: XKind
  /** Logarithmic y axis; values that are not above zero are left out, and that is said. */
  readonly logY?: boolean
  /** 0 (off) to 0.99; the values as they are stay behind, faintly. */
  readonly smoothing?: number
  /** Pixels; 240 unless told. */
  readonly height?: number
  /** Shared between charts whose cursors move together; without one, the chart has its own. */
  readonly channel?: CursorChannel
  /** Called with the ends of what was dragged over; without it nothing can be dragged. */
  readonly onZoom?: (min: number, max: number) => void
  /** Leaves the sentence below to the page, as where many cards stand together. */
  readonly hidesTable?: boolean
}

const readLinesMax = 8

/**
 * Lines over steps or time: a canvas for the eye, a cursor for pointer and keyboard (arrows, Shift by ten, Home, End),
 * a sentence made from the values, and the same values as a table.
 */
export function LineChart(props: LineChartProps) {
  const { title, lines, xKind = 'step', logY = false, smoothing = 0, height = 240, onZoom, hidesTable = false } = props
  const { t, f } = useI18n()
  const id = useId()
  const [own] = useState(() => new CursorChannel())
  const channel = props.channel ?? own
  const cursor = useSyncExternalStore(channel.subscribe, channel.get)
  const { raw, drawn, dropped, bands } = useMemo(() => prepare(lines, logY, smoothing), [lines, logY, smoothing])
  const styles = useMemo(() => lines.map(({ style }) => style), [lines])
  const onCursor = useCallback(
    (x: number | undefined) => channel.set(x === undefined ? undefined : { x, owner: id }),
    [channel, id],
  )
  const isOwner = cursor?.owner === id
  const at = cursor === undefined ? -1 : nearestIndex(drawn.xs, cursor.x)
  const readings = at < 0 || !isOwner ? [] : readingsAt(lines, raw, at)
  const count = lines.reduce((sum, { ys }) => sum + ys.length, 0)
  const total = lines.reduce((sum, line) => sum + (line.total ?? line.ys.length), 0)
  const caption = captionOf(title, lines, t, f)
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const end = { Home: 0, End: drawn.xs.length - 1 }[event.key]
    if (event.key === 'Escape') channel.set(undefined)
    if (by === undefined && end === undefined) return
    event.preventDefault()
    const next = end ?? at + (by ?? 0) * (event.shiftKey ? 10 : 1)
    onCursor(drawn.xs[Math.min(Math.max(next, 0), drawn.xs.length - 1)])
  }
  if (drawn.xs.length === 0) return <p className="muted">{t.charts.noPoints}</p>
  const place = drawn.xs[at]
  const spoken = readings.slice(0, readLinesMax).map(({ line, value }) => `${line.label} ${f.metric(value)}`)
  return (
    <figure className="line-chart">
      <div
        role="application"
        className="line-chart-stage"
        aria-label={`${caption}. ${t.charts.keys}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows read the points, so the chart takes the focus
        tabIndex={0}
        onKeyDown={onKey}
        onBlur={() => onCursor(undefined)}
      >
        <Suspense fallback={<div style={{ height }} />}>
          <LinePlot
            data={drawn}
            raw={smoothing > 0 ? raw : undefined}
            bands={bands}
            styles={styles}
            xKind={xKind}
            logY={logY}
            height={height}
            cursor={cursor}
            onCursor={onCursor}
            onZoom={onZoom}
          />
        </Suspense>
        {place !== undefined && readings.length > 0 && (
          <div
            className="line-chart-read"
            data-side={cursor !== undefined && at > drawn.xs.length / 2 ? 'left' : 'right'}
          >
            <p className="small muted">{`${t.charts.x[xKind]} ${xText(place, xKind, f)}`}</p>
            <ul>
              {readings.slice(0, readLinesMax).map(({ line, value }) => (
                <li key={line.id}>
                  <LineSwatch style={line.style} />
                  <span className="line-chart-name">{line.label}</span>
                  <span className="number">{f.metric(value)}</span>
                </li>
              ))}
            </ul>
            {readings.length > readLinesMax && (
              <p className="small muted">{t.charts.more(readings.length - readLinesMax)}</p>
            )}
          </div>
        )}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {place !== undefined && isOwner && `${t.charts.x[xKind]} ${xText(place, xKind, f)}. ${spoken.join(', ')}`}
      </p>
      <figcaption className="small muted">
        {caption}
        {count < total && `. ${t.charts.reduced(f.integer(count), f.integer(total))}`}
        {dropped > 0 && `. ${t.charts.dropped(dropped)}`}
      </figcaption>
      {!hidesTable && <ChartTable title={title} lines={lines} data={raw} bands={bands} xKind={xKind} />}
    </figure>
  )
}

/** A short piece of the line, to stand before its name. */
export function LineSwatch({ style }: { readonly style: LineStyle }) {
  return (
    <svg className="line-swatch" width="18" height="8" viewBox="0 0 18 8" aria-hidden="true" focusable="false">
      <line
        x1="0"
        x2="18"
        y1="4"
        y2="4"
        stroke={lineColor(style)}
        strokeWidth="2.5"
        strokeDasharray={['', '5 3', '2 2', '6 2 2 2'][style.dash]}
      />
    </svg>
  )
}

interface Prepared {
  readonly raw: Aligned
  readonly drawn: Aligned
  readonly dropped: number
  readonly bands: readonly AlignedBand[]
}

function prepare(lines: readonly ChartLine[], logY: boolean, smoothing: number): Prepared {
  let dropped = 0
  const shown = lines.map(({ xs, ys }) => ({
    xs,
    ys: ys.map((value) => {
      if (!logY || value === null || value > 0) return value
      dropped += 1
      return null
    }),
  }))
  const banded = lines.flatMap(({ band, xs }, line) => (band === undefined ? [] : [{ line, xs, ...band }]))
  const all = alignLines([
    ...shown,
    ...banded.flatMap(({ xs, lows, highs }) => [lows, highs].map((ys) => ({ xs, ys }))),
  ])
  const raw = { xs: all.xs, ys: all.ys.slice(0, shown.length) }
  const bands = banded.map(({ line }, index) => {
    const at = shown.length + 2 * index
    return { line, lows: all.ys[at] ?? [], highs: all.ys[at + 1] ?? [] }
  })
  const drawn = smoothing > 0 ? { xs: raw.xs, ys: raw.ys.map((values) => smooth(values, smoothing)) } : raw
  return { raw, drawn, dropped, bands }
}

/** The values at a place, the highest first; lines without one there are left out. */
function readingsAt(lines: readonly ChartLine[], data: Aligned, at: number) {
  return lines
    .flatMap((line, index) => {
      const value = data.ys[index]?.[at]
      return typeof value === 'number' ? [{ line, value }] : []
    })
    .sort((first, second) => second.value - first.value)
}

type I18n = ReturnType<typeof useI18n>

/** What the chart shows, as a sentence. */
function captionOf(title: string, lines: readonly ChartLine[], t: I18n['t'], f: I18n['f']): string {
  const numbers = (line: ChartLine) => line.ys.filter((value) => value !== null)
  const ends = lines
    .flatMap((line) => {
      const last = numbers(line).at(-1)
      return last === undefined ? [] : [{ line, last }]
    })
    .sort((first, second) => first.last - second.last)
  const [lowest, highest] = [ends[0], ends.at(-1)]
  if (lowest === undefined || highest === undefined) return t.charts.noNumbers(title)
  if (ends.length > 1) {
    return t.charts.captionMany({
      title,
      count: ends.length,
      low: f.metric(lowest.last),
      lowName: lowest.line.label,
      high: f.metric(highest.last),
      highName: highest.line.label,
    })
  }
  const values = numbers(lowest.line)
  return t.charts.captionOne({
    title,
    count: values.length,
    first: f.metric(values[0] ?? 0),
    last: f.metric(lowest.last),
    low: f.metric(values.reduce((low, value) => Math.min(low, value))),
    high: f.metric(values.reduce((high, value) => Math.max(high, value))),
  })
}
