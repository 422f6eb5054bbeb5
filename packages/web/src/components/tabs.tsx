import type { AppPath } from '../routing/paths.js'
import { AppLink, type LinkSearch } from './app-link.jsx'
import './tabs.css'

export interface Tab {
  readonly id: string
  readonly label: string
  readonly to: AppPath
  readonly search?: LinkSearch
  readonly count?: string
}

/** Parts of a page, each with its own address: links, so that they can be opened, copied and gone back from. */
export function Tabs({
  label,
  tabs,
  current,
}: {
  readonly label: string
  readonly tabs: readonly Tab[]
  readonly current: string
}) {
  return (
    <nav aria-label={label} className="tabs">
      <ul>
        {tabs.map(({ id, label: name, to, search, count }) => (
          <li key={id}>
            <AppLink
              to={to}
              {...(search === undefined ? {} : { search })}
              className="tab"
              aria-current={id === current ? 'page' : undefined}
              data-current={id === current || undefined}
            >
              {name}
              {count !== undefined && <span className="tab-count">{count}</span>}
            </AppLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}
