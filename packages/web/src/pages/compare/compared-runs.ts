import type { CompareSearch } from '../../routing/search.js'
import { readList, writeList } from '../../routing/search-lists.js'

/** More runs beside each other cannot be read. */
export const comparedMax = 20

export interface Compared {
  /** Run ids, the baseline first. */
  readonly ids: readonly string[]
  readonly baseline: string | undefined
}

/** The runs of the address without doubles; the first is the baseline where none, or an unknown one, is named. */
export function readCompared({ runs, baseline }: CompareSearch): Compared {
  const ids = [...new Set(readList(runs ?? ''))].slice(0, comparedMax)
  const pinned = ids.find((id) => id === baseline) ?? ids[0]
  return { ids: pinned === undefined ? [] : [pinned, ...ids.filter((id) => id !== pinned)], baseline: pinned }
}

/** The address after a run was added, removed or made the baseline. */
export function changeCompared(
  search: CompareSearch,
  change: { readonly add?: string; readonly remove?: string; readonly baseline?: string },
): CompareSearch {
  const { ids, baseline } = readCompared(search)
  const next = ids.filter((id) => id !== change.remove)
  const all = change.add === undefined || next.includes(change.add) ? next : [...next, change.add].slice(0, comparedMax)
  const pinned = all.find((id) => id === (change.baseline ?? baseline)) ?? all[0]
  const { runs: _, baseline: __, ...rest } = search
  return {
    ...rest,
    ...(all.length === 0 ? {} : { runs: writeList(all) }),
    ...(pinned === undefined ? {} : { baseline: pinned }),
  }
}
