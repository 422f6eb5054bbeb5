import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { LinkSearch } from '../components/app-link.jsx'

/** Replaces what stands after the `?` of this page; what is undefined or empty is left out. */
export function useSearchChange(): (search: LinkSearch) => void {
  const navigate = useNavigate()
  return useCallback(
    (search) => {
      const kept = Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''))
      // The router types a search by its route; each page reads its own back through `search.ts`.
      void navigate({ to: '.', search: kept, replace: true, resetScroll: false } as never)
    },
    [navigate],
  )
}
