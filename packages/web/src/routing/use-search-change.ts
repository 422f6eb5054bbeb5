import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useLayoutEffect, useRef } from 'react'
import type { LinkSearch } from '../components/app-link.jsx'
import { changedSearch } from './changed-search.js'

/**
 * Changes what stands after the `?` of this page; what is undefined or empty is left out. With `push`, Back undoes it;
 * else it replaces, as for what changes while one types. A change before the last one is drawn keeps that one, too.
 */
export function useSearchChange(): (search: LinkSearch, how?: 'push' | 'replace') => void {
  const navigate = useNavigate()
  const shown = useSearch({ strict: false }) as LinkSearch
  const drawn = useRef(shown)
  useLayoutEffect(() => {
    drawn.current = shown
  }, [shown])
  return useCallback(
    (search, how = 'replace') => {
      const base = drawn.current
      const next = (latest: LinkSearch) => changedSearch(latest, base, search)
      // The router types a search by its route; each page reads its own back through `search.ts`.
      void navigate({ to: '.', search: next, replace: how === 'replace', resetScroll: false } as never)
    },
    [navigate],
  )
}
