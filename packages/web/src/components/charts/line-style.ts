import { useMemo } from 'react'

/** How a line is drawn: one of the six series colours, and from the seventh line on a dash. Bound to an id. */
export interface LineStyle {
  /** 1 to 6, the colour token `--series-N`. */
  readonly color: number
  /** 0 is solid; 1 to 3 are dashes of `dashes`. */
  readonly dash: number
}

const colors = 6
/** Lengths of lines and gaps in pixels. */
export const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]]
const stylesMax = colors * dashes.length

const styleAt = (index: number): LineStyle => ({
  color: (index % colors) + 1,
  dash: Math.floor(index / colors) % dashes.length,
})

/**
 * Gives each id a style that none of the others has, up to 24 ids. An id keeps what it had `before`; new ones take the
 * first free style in the order of their names, so that the order of a table never changes a colour.
 */
export function assignStyles(ids: readonly string[], before: ReadonlyMap<string, number>): Map<string, number> {
  const assigned = new Map<string, number>()
  const taken = new Set<number>()
  for (const id of [...ids].sort()) {
    const kept = before.get(id)
    if (kept === undefined || taken.has(kept)) continue
    assigned.set(id, kept)
    taken.add(kept)
  }
  for (const id of [...ids].sort()) {
    if (assigned.has(id)) continue
    let index = 0
    while (taken.has(index) && index < stylesMax - 1) index += 1
    assigned.set(id, index)
    taken.add(index)
  }
  return assigned
}

/** Styles of this visit: a run has the same colour in the table, on every card and on the next page. */
const remembered = new Map<string, number>()

/** The style of each id, the same on every chart of this visit. */
export function useLineStyles(ids: readonly string[]): (id: string) => LineStyle {
  const key = [...ids].sort().join(' ')
  return useMemo(() => {
    const assigned = assignStyles(key === '' ? [] : key.split(' '), remembered)
    for (const [id, index] of assigned) remembered.set(id, index)
    return (id) => styleAt(assigned.get(id) ?? remembered.get(id) ?? 0)
  }, [key])
}

export const lineColor = ({ color }: LineStyle): string => `var(--series-${color})`
