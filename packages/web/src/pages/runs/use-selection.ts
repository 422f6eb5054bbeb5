import { useCallback, useMemo, useState } from 'react'
import { type RunsSearch, readList, writeList } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'

/** More selected runs than this stand in no address. */
export const addressMax = 50

/** The selected runs, in the order they were selected; in the address as long as they fit there. */
export function useSelection(search: RunsSearch) {
  const changeSearch = useSearchChange()
  const [many, setMany] = useState<ReadonlySet<string>>()
  const inAddress = search.selected
  const selected = useMemo<ReadonlySet<string>>(() => many ?? new Set(readList(inAddress ?? '')), [many, inAddress])
  const select = useCallback(
    (ids: Iterable<string>) => {
      const next = new Set(ids)
      setMany(next.size > addressMax ? next : undefined)
      changeSearch({ ...search, selected: next.size > addressMax ? undefined : writeList([...next]) })
    },
    [changeSearch, search],
  )
  const toggle = useCallback(
    (id: string) => select(selected.has(id) ? [...selected].filter((other) => other !== id) : [...selected, id]),
    [select, selected],
  )
  return { selected, select, toggle }
}
