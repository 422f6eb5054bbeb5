import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AppPath } from '../routing/paths.js'

export type LinkSearch = Readonly<Record<string, string | undefined>>

interface AppLinkProps {
  readonly to: AppPath
  readonly search?: LinkSearch
  readonly children: ReactNode
  readonly className?: string
  readonly title?: string | undefined
  readonly onClick?: (() => void) | undefined
  readonly tabIndex?: number
  readonly 'aria-label'?: string
  readonly 'aria-current'?: 'page' | 'true' | undefined
  readonly 'data-current'?: true | undefined
}

/** The one link to a page: it takes only addresses that `paths` made, and what stands after the `?`. */
export function AppLink({ to, search, children, ...rest }: AppLinkProps) {
  // The router types its targets by pattern; ours are filled in already, with the brand as proof.
  const target = { to: to as string, search: search ?? {} } as { to: '/' }
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return (
    <Link {...target} activeOptions={{ exact: true, includeSearch: true }} {...given}>
      {children}
    </Link>
  )
}
