import type { PurgeReply, TrashItem } from '@fabrique/contract'

type Named = Pick<TrashItem, 'kind' | 'id'>

/** Kinds may use the same ids, so both make the key. */
export const trashKey = ({ kind, id }: Named): string => `${kind} ${id}`

/** What is chosen and still listed; what left the list meanwhile is no longer chosen. */
export const chosenOf = <Item extends Named>(items: readonly Item[], chosen: ReadonlySet<string>): readonly Item[] =>
  items.filter((item) => chosen.has(trashKey(item)))

/** The selection after one box was pressed. */
export function toggled(chosen: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(chosen)
  if (!next.delete(key)) next.add(key)
  return next
}

/** How many things a purge erased. */
export const purgedCount = ({ experiments, runs, logged_models }: PurgeReply): number =>
  experiments + runs + logged_models

/** A number of days that people typed; `undefined` for anything that is none. */
export function readDays(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() !== '' && Number.isFinite(value) && value >= 0 ? value : undefined
}
