import type { ColumnHistogram } from '@fabrique/contract'

export type SharedNumbers = Extract<ColumnHistogram, { kind: 'numbers' }>
export type SharedLabels = Extract<ColumnHistogram, { kind: 'labels' }>

export interface Box {
  readonly width: number
  readonly height: number
}

/** Share of the rows for each unit of a bin's width: bins of unequal width compare by their areas. */
export function densitiesOf({ edges }: SharedNumbers, shares: readonly number[]): readonly number[] {
  return shares.map((share, index) => {
    const width = (edges[index + 1] ?? 0) - (edges[index] ?? 0)
    return width > 0 ? share / width : 0
  })
}

/** The outlines of both sides in a box, on one axis and one scale; undefined where there is nothing to draw. */
export function outlinesOf(
  shares: SharedNumbers,
  { width, height }: Box,
): { readonly reference: string; readonly current: string } | undefined {
  const { edges } = shares
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 0]
  const [reference, current] = [densitiesOf(shares, shares.reference), densitiesOf(shares, shares.current)]
  const most = Math.max(...reference, ...current)
  if (!(high > low) || !(most > 0)) return undefined
  const x = (edge: number) => (((edge - low) / (high - low)) * width).toFixed(2)
  const outline = (densities: readonly number[]) =>
    densities
      .map((density, index) => `V${(height - (density / most) * height).toFixed(2)}H${x(edges[index + 1] ?? low)}`)
      .join('')
  const path = (densities: readonly number[]) => `M0 ${height}${outline(densities)}V${height}Z`
  return { reference: path(reference), current: path(current) }
}

export interface LabelShare {
  /** Undefined for what all others come to. */
  readonly label: string | undefined
  readonly reference: number
  readonly current: number
}

/** The labels with their shares on both sides, in the order given; the others as one, at the end. */
export function labelShares({ labels, reference, current, others }: SharedLabels): readonly LabelShare[] {
  const at = (index: number) => ({ reference: reference[index] ?? 0, current: current[index] ?? 0 })
  const named = labels.map((label, index) => ({ label, ...at(index) }))
  return others === 0 ? named : [...named, { label: undefined, ...at(labels.length) }]
}

/** The bin or label whose share differs most: what a sentence tells of a drawing. */
export function largestShift({ reference, current }: ColumnHistogram): number {
  let found = 0
  for (const [index, share] of current.entries()) {
    const shift = Math.abs(share - (reference[index] ?? 0))
    if (shift > Math.abs((current[found] ?? 0) - (reference[found] ?? 0))) found = index
  }
  return found
}
