import type { LineStyle } from './line-style.js'

/** One line of a chart: usually one run. */
export interface ChartLine {
  /** What the style is bound to: the id of the run. */
  readonly id: string
  /** What people call it: the name of the run. */
  readonly label: string
  /** From `useLineStyles`, so that a run has one colour everywhere. */
  readonly style: LineStyle
  /** Places, ascending: steps, seconds since 1970, or seconds since the start; see `xKind`. */
  readonly xs: readonly number[]
  /** Values of the same length; `null` is a gap. `chartValue` turns metric values into these. */
  readonly ys: readonly (number | null)[]
  /** What the value may as well be: drawn as an area behind the line, of the same length. */
  readonly band?: { readonly lows: readonly (number | null)[]; readonly highs: readonly (number | null)[] }
  /** Points on the server, where only some of them are here. */
  readonly total?: number
}
