import { float32At, float64At, int32At } from '../data/element.js'
import type { FeatureRows } from '../data/feature-rows.js'
import { addRow, rowTimes } from './row-products.js'

/** Coefficients under stochastic gradient descent, as `scale * raw`: shrinking them all is one multiplication. */
export interface SgdState {
  readonly raw: Float64Array
  scale: number
  intercept: number
  /** Absolute value that each coefficient should have lost so far, and what each has lost (Tsuruoka et al. 2009). */
  due: number
  readonly paid: Float64Array
}

export function createSgdState(columnCount: number): SgdState {
  return { raw: new Float64Array(columnCount), scale: 1, intercept: 0, due: 0, paid: new Float64Array(columnCount) }
}

/** Below this the raw coefficients are taken times the scale, before digits get lost. */
const scaleMin = 1e-9

export function scoreOf(state: SgdState, rows: FeatureRows, row: number): number {
  return state.scale * rowTimes(rows, row, state.raw) + state.intercept
}

export function shrink(state: SgdState, factor: number): void {
  state.scale *= factor
  if (state.scale < scaleMin) takeScaleIn(state)
}

export function takeScaleIn(state: SgdState): void {
  const { raw, scale } = state
  for (let index = 0; index < raw.length; index++) raw[index] = scale * float64At(raw, index)
  state.scale = 1
}

export function addTimesRow(
  state: SgdState,
  rows: FeatureRows,
  step: { readonly row: number; readonly factor: number },
): void {
  addRow(rows, { row: step.row, factor: step.factor / state.scale }, state.raw)
}

/** Takes from the coefficients of a row what the penalty on absolute values is due; none changes its sign. */
export function payAbsolutes(state: SgdState, rows: FeatureRows, row: number): void {
  const isDense = rows.kind === 'dense'
  const start = isDense ? 0 : int32At(rows.rowStarts, row)
  const end = isDense ? rows.columnCount : int32At(rows.rowStarts, row + 1)
  for (let index = start; index < end; index++) {
    if (!isDense && float32At(rows.values, index) === 0) continue
    pay(state, isDense ? index : int32At(rows.columnIds, index))
  }
}

function pay(state: SgdState, column: number): void {
  const { raw, scale, due, paid } = state
  const before = scale * float64At(raw, column)
  const already = float64At(paid, column)
  let after = before
  if (before > 0) after = Math.max(0, before - (due + already))
  else if (before < 0) after = Math.min(0, before + (due - already))
  raw[column] = after / scale
  paid[column] = already + after - before
}
