import { dashes } from '../charts/line-style.js'

const colors = 6

/** Colour and dash of the line at a place among others: six colours, then the same ones dashed. */
export function seriesStyle(index: number): { readonly stroke: string; readonly strokeDasharray: string | undefined } {
  const dash = dashes[Math.floor(index / colors) % dashes.length] ?? []
  return {
    stroke: `var(--series-${(index % colors) + 1})`,
    strokeDasharray: dash.length === 0 ? undefined : dash.join(' '),
  }
}
