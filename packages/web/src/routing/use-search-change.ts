import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { LinkSearch } from '../components/app-link.jsx'

/**
 * Changes what stands after the `?` of this page; what is undefined or empty is left out. With `push`, Back undoes it;
 * else it replaces, as for what changes while one types.
 */
export function useSearchChange(): (search: LinkSearch, how?: 'push' | 'replace') => void {
  const navigate = useNavigate()
  return useCallback(
    (search, how = 'replace') => {
      const kept = Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''))
      // The router types a search by its route; each page reads its own back through `search.ts`.
      void navigate({ to: '.', search: kept, replace: how === 'replace', resetScroll: false } as never)
    },
    [navigate],
  )
}
