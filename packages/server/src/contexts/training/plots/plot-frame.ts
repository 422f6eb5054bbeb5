import type { Lettering, TextPlace, TextStyle } from './plot-text.js'

/** Pixels of a picture before its density. */
export const plotSize = { width: 720, height: 480 } as const

/** The light theme of the pages. */
export const plotColors = {
  background: '#ffffff',
  text: '#171a21',
  muted: '#545c6a',
  grid: '#e2e5ea',
  reference: '#7c8594',
  surface: '#f6f7f9',
  series: ['#1a5fc9', '#e66e20', '#5c0e12', '#9d8ac0', '#221f75', '#874f40'],
} as const

/** Smallest and greatest value of an axis. */
export type Domain = readonly [low: number, high: number]

export interface PlotAxis {
  readonly label: string
  readonly domain: Domain
}

/** Places of values in the picture, in pixels. */
export interface PlotScale {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export interface LegendEntry {
  readonly name: string
  readonly value?: string
}

export interface FramedPlot {
  readonly title: string
  /** What there is to say, below the title. */
  readonly caption: string
  readonly x: PlotAxis
  readonly y: PlotAxis
  /** Beside the drawing, a line of `seriesStroke` before each name. */
  readonly legend?: readonly LegendEntry[]
  readonly draw: (scale: PlotScale) => string
}

const sizes = { title: 18, caption: 13, label: 13, mark: 12 } as const
const legendPx = 190

/** A picture with two axes as SVG; its letters are outlines. */
export function framedPlot(letters: Lettering, plot: FramedPlot): string {
  const { x, y, legend = [] } = plot
  const yMarks = axisMarks(y.domain, 6)
  const markWidth = Math.max(...yMarks.map((mark) => letters.width(markText(mark), { size: sizes.mark })))
  const area = {
    left: Math.round(48 + markWidth),
    right: plotSize.width - (legend.length > 0 ? legendPx + 48 : 24),
    top: 76,
    bottom: plotSize.height - 58,
  }
  const scale: PlotScale = {
    ...area,
    x: (value) => area.left + ((value - x.domain[0]) / (x.domain[1] - x.domain[0])) * (area.right - area.left),
    y: (value) => area.bottom - ((value - y.domain[0]) / (y.domain[1] - y.domain[0])) * (area.bottom - area.top),
  }
  const xMarks = axisMarks(x.domain, (area.right - area.left) / 90)
  const mark = { size: sizes.mark }
  const middle = { x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2 }
  return picture([
    heading(letters, plot),
    ...yMarks.map((value) => line([area.left, scale.y(value)], [area.right, scale.y(value)], plotColors.grid)),
    ...xMarks.map((value) => line([scale.x(value), area.top], [scale.x(value), area.bottom], plotColors.grid)),
    ...yMarks.map((value) =>
      words(letters, markText(value), { x: area.left - 8, y: scale.y(value) + 4, anchor: 'end' }, mark),
    ),
    ...xMarks.map((value) =>
      words(letters, markText(value), { x: scale.x(value), y: area.bottom + 18, anchor: 'middle' }, mark),
    ),
    words(letters, x.label, { x: middle.x, y: plotSize.height - 16, anchor: 'middle' }, { size: sizes.label }),
    words(letters, y.label, { x: 24, y: middle.y, anchor: 'middle', isUpright: true }, { size: sizes.label }),
    plot.draw(scale),
    legendOf(letters, legend, { x: area.right + 24, y: area.top + 8 }),
  ])
}

/** Title and caption of a picture. */
export function heading(letters: Lettering, { title, caption }: Pick<FramedPlot, 'title' | 'caption'>): string {
  const room = plotSize.width - 48
  return [
    words(letters, title, { x: 24, y: 34 }, { size: sizes.title, isBold: true }, plotColors.text),
    words(letters, fitText(letters, caption, room, { size: sizes.caption }), { x: 24, y: 56 }, { size: sizes.caption }),
  ].join('')
}

/** A whole picture of its parts. */
export function picture(parts: readonly string[], height: number = plotSize.height): string {
  const { width } = plotSize
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="${plotColors.background}"/>`,
    ...parts,
    '</svg>',
  ].join('')
}

/** A text as outlines. */
export function words(
  letters: Lettering,
  text: string,
  place: TextPlace,
  style: TextStyle,
  color: string = plotColors.muted,
): string {
  return `<path fill="${color}" d="${letters.path(text, place, style)}"/>`
}

/** The text, its end cut off where it is wider than the room. */
export function fitText(letters: Lettering, text: string, room: number, style: TextStyle): string {
  if (letters.width(text, style) <= room) return text
  const characters = Array.from(text)
  while (characters.length > 1 && letters.width(`${characters.join('')}…`, style) > room) characters.pop()
  return `${characters.join('').trimEnd()}…`
}

type Spot = readonly [x: number, y: number]

export function line([x1, y1]: Spot, [x2, y2]: Spot, color: string, more = ''): string {
  return `<path d="M${short(x1)} ${short(y1)}L${short(x2)} ${short(y2)}" stroke="${color}" fill="none" ${more}/>`
}

/** Colour and dash of the series at a place: six colours, then the same ones dashed. */
export function seriesStroke(index: number): string {
  const dash = ['', '8 4', '2 3'][Math.floor(index / plotColors.series.length) % 3] ?? ''
  return `stroke="${seriesColor(index)}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`
}

export function seriesColor(index: number): string {
  return plotColors.series[index % plotColors.series.length] ?? plotColors.text
}

/** A line through places. */
export function path(scale: PlotScale, xs: readonly number[], ys: readonly number[]): string {
  return xs
    .map((x, index) => `${index === 0 ? 'M' : 'L'}${short(scale.x(x))} ${short(scale.y(ys[index] ?? 0))}`)
    .join('')
}

export function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function legendOf(letters: Lettering, entries: readonly LegendEntry[], { x, y }: { x: number; y: number }): string {
  const style = { size: sizes.mark }
  return entries
    .map(({ name, value = '' }, index) => {
      const at = y + index * 20
      const room = legendPx - 34 - (value === '' ? 0 : letters.width(value, style) + 8)
      return [
        `<path d="M${x} ${at - 4}h20" fill="none" stroke-width="2.5" ${seriesStroke(index)}/>`,
        words(letters, fitText(letters, name, room, style), { x: x + 28, y: at }, style, plotColors.text),
        value === '' ? '' : words(letters, value, { x: x + legendPx, y: at, anchor: 'end' }, style),
      ].join('')
    })
    .join('')
}

const steps = [1, 2, 2.5, 5, 10]

/** Round places of an axis, about as many as wanted. */
export function axisMarks([low, high]: Domain, wanted: number): readonly number[] {
  const span = high - low
  if (!(span > 0) || !Number.isFinite(span)) return [low]
  const rough = span / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = (steps.find((each) => each * power >= rough * (1 - 1e-9)) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

/** The values with a little room on both sides; a single value has some room around it. */
export function domainOf(values: readonly number[], room = 0.04): Domain {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  if (low > high) return [0, 1]
  const span = high - low
  const half = span === 0 ? Math.abs(low) / 10 || 0.5 : span * room
  return [low - half, high + half]
}

const numbers = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 6 })

/** A number beside an axis. */
export function markText(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replace(/\.?0+e\+?/, 'e')
  return numbers.format(value).replace('-', '−')
}

/** A figure in a caption or a legend. */
export function figure(value: number): string {
  return markText(Number(value.toPrecision(4)))
}
