import { useMatches, useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useCallback, useLayoutEffect, useRef } from 'react'
import type { LinkSearch } from '../components/app-link.jsx'
import { changedSearch } from './changed-search.js'

/**
 * Changes what stands after the `?` of this page; what is undefined or empty is left out. With `push`, Back undoes it;
 * else it replaces, as for what changes while one types. A change before the last one is drawn keeps that one, too. One
 * that comes late, as from a timer when another page is on its way already, is left out: it would stand in the address of
 * that page.
 */
export function useSearchChange(): (search: LinkSearch, how?: 'push' | 'replace') => void {
  const navigate = useNavigate()
  const router = useRouter()
  const shown = useSearch({ strict: false }) as LinkSearch
  const page = useMatches({ select: (matches) => matches.at(-1)?.id })
  const drawn = useRef({ page, shown, path: router.latestLocation.pathname })
  useLayoutEffect(() => {
    drawn.current = { page, shown, path: router.latestLocation.pathname }
  }, [page, shown, router])
  return useCallback(
    (search, how = 'replace') => {
      const base = drawn.current
      if (router.latestLocation.pathname !== base.path) return
      const next = (latest: LinkSearch) => changedSearch(latest, base.shown, search)
      // The router types a search by its route; each page reads its own back through `search.ts`.
      void navigate({ to: '.', search: next, replace: how === 'replace', resetScroll: false } as never)
    },
    [navigate, router],
  )
}
