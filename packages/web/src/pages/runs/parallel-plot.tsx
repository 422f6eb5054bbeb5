import { ParallelChart } from 'echarts/charts'
import { ParallelComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { tickText } from '../../components/charts/tick-format.js'
import { useSchemeName } from '../../components/charts/use-scheme-name.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { Brush } from '../../routing/search-lists.js'
import type { ParallelAxis } from './parallel-model.js'

use([ParallelChart, ParallelComponent, CanvasRenderer])

interface ParallelPlotProps {
  readonly axes: readonly ParallelAxis[]
  readonly count: number
  readonly colorAxis: ParallelAxis | undefined
  readonly brushes: readonly Brush[]
  readonly onBrush: (brush: Brush) => void
}

const heightPx = 360
const labelMax = 18
const cut = (text: string) => (text.length > labelMax ? `${text.slice(0, labelMax - 1)}…` : text)

/** Mixes two colours written as `#rrggbb`, or as `#rgb`, which style sheets become when they are built. */
function mix(from: string, to: string, share: number): string {
  const part = (color: string, at: number) =>
    Number.parseInt(color.length === 4 ? `${color[(at + 1) / 2]}`.repeat(2) : color.slice(at, at + 2), 16)
  const mixed = [1, 3, 5].map((at) => Math.round(part(from, at) + (part(to, at) - part(from, at)) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** The lines and axes on a canvas, in a chunk of its own; ranges are drawn on the axes with the pointer. */
export function ParallelPlot({ axes, count, colorAxis, brushes, onBrush }: ParallelPlotProps) {
  const { language } = useI18n()
  const scheme = useSchemeName()
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(null)
  const latest = useRef({ axes, brushes, onBrush })
  latest.current = { axes, brushes, onBrush }

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const made = init(element, null, { renderer: 'canvas' })
    chart.current = made
    made.on('axisareaselected', (event) => {
      const { parallelAxisId, intervals } = event as {
        readonly parallelAxisId?: string
        readonly intervals?: readonly (readonly [number, number])[]
      }
      const axis = latest.current.axes.find(({ id }) => id === parallelAxisId)
      if (axis === undefined) return
      const [low, high] = intervals?.at(-1) ?? []
      const isWhole = axis.categories !== undefined
      const end = (value: number | undefined, round: (value: number) => number) =>
        value === undefined ? undefined : isWhole ? round(value) : Number(value.toPrecision(4))
      const brush = { axis: axis.id, min: end(low, Math.ceil), max: end(high, Math.floor) }
      const before = latest.current.brushes.find((each) => each.axis === axis.id)
      if (before?.min !== brush.min || before?.max !== brush.max) latest.current.onBrush(brush)
    })
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.current = null
      made.dispose()
    }
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes what the tokens say
  useEffect(() => {
    const style = getComputedStyle(document.documentElement)
    const token = (name: string) => style.getPropertyValue(`--${name}`).trim()
    const [faint, strong] = [mix(token('background'), token('control-border'), 0.7), token('accent')]
    const font = { fontFamily: style.getPropertyValue('--font-sans'), fontSize: 12 }
    const share = (index: number) => {
      const value = colorAxis?.values[index]
      if (colorAxis === undefined) return 0.7
      if (value === undefined) return 0
      return colorAxis.max === colorAxis.min ? 1 : (value - colorAxis.min) / (colorAxis.max - colorAxis.min)
    }
    chart.current?.setOption(
      {
        animation: false,
        parallel: { left: 60, right: 90, top: 44, bottom: 24, parallelAxisDefault: { realtime: false } },
        parallelAxis: axes.map((axis, dim) => ({
          id: axis.id,
          dim,
          z: 10,
          name: cut(axis.label),
          type: axis.categories === undefined ? (axis.isLog ? 'log' : 'value') : 'category',
          ...(axis.categories === undefined ? { scale: true } : { data: axis.categories.map((name) => name) }),
          nameTextStyle: { ...font, color: token('text'), fontWeight: 600 },
          axisLine: { lineStyle: { color: token('control-border') } },
          axisTick: { lineStyle: { color: token('control-border') } },
          splitLine: { show: false },
          axisLabel: {
            ...font,
            color: token('text'),
            textBorderColor: token('background'),
            textBorderWidth: 3,
            hideOverlap: true,
            formatter: (value: string | number) => (typeof value === 'number' ? tickText(value, language) : cut(value)),
          },
          areaSelectStyle: {
            width: 18,
            borderWidth: 1,
            borderColor: token('accent'),
            color: token('accent'),
            opacity: 0.25,
          },
        })),
        series: [
          {
            type: 'parallel',
            smooth: false,
            inactiveOpacity: 0.04,
            activeOpacity: 0.9,
            lineStyle: { width: 1.5, opacity: 0.75 },
            data: Array.from({ length: count }, (_, index) => ({
              value: axes.map((axis) => axis.values[index] ?? '-'),
              lineStyle: { color: mix(faint, strong, share(index)) },
            })),
          },
        ],
      },
      { notMerge: true },
    )
    for (const axis of axes) {
      const brush = latest.current.brushes.find((each) => each.axis === axis.id)
      const reach = axis.categories === undefined ? 0 : 0.4
      const intervals = brush === undefined ? [] : [[(brush.min ?? axis.min) - reach, (brush.max ?? axis.max) + reach]]
      chart.current?.dispatchAction({ type: 'axisAreaSelect', parallelAxisId: axis.id, intervals })
    }
  }, [axes, count, colorAxis, brushes, scheme, language])

  return (
    <div className="parallel-scroll">
      <div
        ref={box}
        aria-hidden="true"
        style={{ height: heightPx, minWidth: Math.max(axes.length * 110, 320) }}
        className="parallel-plot"
      />
    </div>
  )
}
