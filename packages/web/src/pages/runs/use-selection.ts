import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { RunsSearch } from '../../routing/search.js'
import { readList, writeList } from '../../routing/search-lists.js'
import { useSearchChange } from '../../routing/use-search-change.js'

/** More selected runs than this stand in no address. */
export const addressMax = 50

/** The selected runs, in the order they were selected; in the address as long as they fit there. */
export function useSelection(search: RunsSearch) {
  const changeSearch = useSearchChange()
  const [many, setMany] = useState<ReadonlySet<string>>()
  const inAddress = search.selected
  const selected = useMemo<ReadonlySet<string>>(() => many ?? new Set(readList(inAddress ?? '')), [many, inAddress])
  // The address follows a moment later: a second choice is made from the first, not from what is drawn.
  const latest = useRef(selected)
  useLayoutEffect(() => {
    latest.current = selected
  }, [selected])
  const select = useCallback(
    (ids: Iterable<string>) => {
      const next = new Set(ids)
      latest.current = next
      setMany(next.size > addressMax ? next : undefined)
      changeSearch({ ...search, selected: next.size > addressMax ? undefined : writeList([...next]) })
    },
    [changeSearch, search],
  )
  const toggle = useCallback(
    (id: string) => {
      const ids = [...latest.current]
      select(ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id])
    },
    [select],
  )
  return { selected, select, toggle }
}
