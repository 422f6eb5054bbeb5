import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import type { AppPath } from '../routing/paths.js'
import { AppLink } from './app-link.jsx'
import { EditButton } from './edit-button.jsx'
import './page.css'

export interface Crumb {
  readonly label: string
  readonly to?: AppPath
}

/** Most pages are read only: the form comes when it is asked for. */
const EditForm = lazy(async () => ({ default: (await import('./edit-form.jsx')).EditForm }))

interface Rename {
  /** What the title is, as "name of the run". */
  readonly label: string
  readonly value: string
  readonly onSave: (value: string) => Promise<unknown>
}

interface PageProps {
  readonly title: string
  /** Above the page in the hierarchy, outermost first; the page itself is added. */
  readonly crumbs?: readonly Crumb[]
  /** Lets the title be changed in place, where it is a name that people gave. */
  readonly rename?: Rename | undefined
  /** Right of the title: what can be done with the thing. */
  readonly actions?: ReactNode
  /** Below the title: what the thing is, in one line. */
  readonly lead?: ReactNode
  /** For text and forms: a measure that can be read. */
  readonly narrow?: boolean
  readonly children: ReactNode
}

export const breadcrumbsId = 'breadcrumbs'

/** The frame of every page: the one h1, the title of the document, and the breadcrumbs in the top bar. */
export function Page({ title, crumbs = [], rename, actions, lead, narrow = false, children }: PageProps) {
  const [isRenaming, setRenaming] = useState(false)
  const documentTitle = [title, ...crumbs.map(({ label }) => label).reverse(), 'Fabrique'].join(' · ')
  useEffect(() => {
    document.title = documentTitle
  }, [documentTitle])
  return (
    <div className={narrow ? 'page page-narrow' : 'page'}>
      <Breadcrumbs crumbs={[...crumbs, { label: title }]} />
      <header className="page-header">
        <div className="page-heading">
          <div className="page-title">
            <h1>{title}</h1>
            {rename !== undefined && !isRenaming && (
              <EditButton what={rename.label} onClick={() => setRenaming(true)} />
            )}
          </div>
          {rename !== undefined && isRenaming && (
            <Suspense fallback={null}>
              <EditForm {...rename} onClose={() => setRenaming(false)} />
            </Suspense>
          )}
          {lead !== undefined && <div className="page-lead">{lead}</div>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

function Breadcrumbs({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  const [slot, setSlot] = useState<HTMLElement | null>(null)
  useEffect(() => setSlot(document.getElementById(breadcrumbsId)), [])
  if (slot === null) return null
  return createPortal(
    crumbs.map(({ label, to }, index) => (
      <li key={to ?? label} aria-current={index === crumbs.length - 1 ? 'page' : undefined}>
        {to === undefined ? <span>{label}</span> : <AppLink to={to}>{label}</AppLink>}
      </li>
    )),
    slot,
  )
}
