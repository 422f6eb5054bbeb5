import { useEffect, useMemo, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { Aligned, AlignedBand } from './align-lines.js'
import type { ChartCursor } from './cursor-channel.js'
import { dashes, type LineStyle } from './line-style.js'
import { tickText, type XKind, xTickText } from './tick-format.js'
import { useSchemeName } from './use-scheme-name.js'

export interface LinePlotProps {
  /** What is drawn; the smoothed values where smoothing is on. */
  readonly data: Aligned
  /** The values as they are, drawn faintly behind; absent without smoothing. */
  readonly raw: Aligned | undefined
  /** Areas behind the lines. */
  readonly bands: readonly AlignedBand[]
  readonly styles: readonly LineStyle[]
  readonly xKind: XKind
  readonly logY: boolean
  readonly height: number
  readonly cursor: ChartCursor | undefined
  readonly onCursor: (x: number | undefined) => void
  readonly onZoom: ((min: number, max: number) => void) | undefined
}

/** The canvas alone, in a chunk of its own. Everything that is read aloud stands in `line-chart.tsx`. */
export function LinePlot(props: LinePlotProps) {
  const { data, raw, bands, styles, xKind, logY, height, cursor } = props
  const { language, f } = useI18n()
  const scheme = useSchemeName()
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | null>(null)
  const latest = useRef(props)
  latest.current = props
  const shape = JSON.stringify([
    styles,
    xKind,
    logY,
    raw !== undefined,
    bands.map(({ line }) => line),
    scheme,
    language,
    height,
  ])
  const table = useMemo<UPlot.AlignedData>(
    () => [
      [...data.xs],
      ...[...(raw?.ys ?? []), ...bands.flatMap(({ lows, highs }) => [highs, lows]), ...data.ys].map((values) => [
        ...values,
      ]),
    ],
    [data, raw, bands],
  )
  const firstTable = useRef(table)
  firstTable.current = table

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` names all that makes another plot necessary
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const style = getComputedStyle(document.documentElement)
    const token = (name: string) => style.getPropertyValue(`--${name}`).trim()
    const line = ({ color, dash }: LineStyle, isFaint: boolean): UPlot.Series => ({
      stroke: token(`series-${color}`),
      width: isFaint ? 1 : 1.5,
      alpha: isFaint ? 0.3 : 1,
      ...(dash === 0 ? {} : { dash: [...(dashes[dash] ?? [])] }),
      ...(isFaint ? { points: { show: false } } : {}),
    })
    const edge: UPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } }
    const firstEdge = 1 + (raw === undefined ? 0 : styles.length)
    const axis = {
      font: `12px ${style.getPropertyValue('--font-sans')}`,
      stroke: token('muted'),
      grid: { stroke: token('divider'), width: 1 },
      ticks: { show: false },
    }
    const made = new UPlot(
      {
        width: Math.max(element.clientWidth, 120),
        height,
        ms: 1e-3,
        legend: { show: false },
        padding: [8, 12, 0, 0],
        cursor: {
          y: false,
          drag: { x: latest.current.onZoom !== undefined, y: false, setScale: false },
          points: { size: 7 },
        },
        scales: {
          x: { time: xKind === 'time' },
          y: logY ? { distr: 3, log: 10 } : {},
        },
        axes: [
          {
            ...axis,
            size: 28,
            space: 80,
            values: (_, marks, __, ___, spacing) => marks.map((mark) => xTickText(mark, xKind, spacing, language, f)),
          },
          {
            ...axis,
            size: (_, texts) => 20 + 7 * Math.max(3, ...(texts ?? []).map((text) => (text ?? '').length)),
            values: (_, marks) => marks.map((mark) => (mark === null ? null : tickText(mark, language))),
          },
        ],
        series: [
          {},
          ...(raw === undefined ? [] : styles.map((each) => line(each, true))),
          ...bands.flatMap(() => [edge, edge]),
          ...styles.map((each) => line(each, false)),
        ],
        bands: bands.map(({ line: at }, index) => ({
          series: [firstEdge + 2 * index, firstEdge + 2 * index + 1],
          fill: `color-mix(in srgb, ${token(`series-${styles[at]?.color ?? 1}`)} 18%, transparent)`,
        })),
        hooks: {
          setSelect: [
            (self) => {
              if (self.select.width < 4) return
              const from = self.posToVal(self.select.left, 'x')
              const to = self.posToVal(self.select.left + self.select.width, 'x')
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
              latest.current.onZoom?.(from, to)
            },
          ],
        },
      },
      firstTable.current,
      element,
    )
    plot.current = made
    const over = made.over
    const onMove = () => {
      const { idx } = made.cursor
      const x = idx === null || idx === undefined ? undefined : made.data[0]?.[idx]
      latest.current.onCursor(x)
    }
    const onLeave = () => latest.current.onCursor(undefined)
    over.addEventListener('mousemove', onMove)
    over.addEventListener('mouseleave', onLeave)
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(element.clientWidth, 120), height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.current = null
      made.destroy()
    }
  }, [shape])

  useEffect(() => {
    const now = plot.current
    if (now !== null && now.data !== table) now.setData(table)
  }, [table])

  useEffect(() => {
    const now = plot.current
    if (now === null) return
    const left = cursor === undefined ? -10 : now.valToPos(cursor.x, 'x')
    if (Math.abs((now.cursor.left ?? -10) - left) > 1) now.setCursor({ left, top: cursor === undefined ? -10 : 1 })
  }, [cursor])

  return <div ref={box} className="line-plot" style={{ height }} aria-hidden="true" />
}
