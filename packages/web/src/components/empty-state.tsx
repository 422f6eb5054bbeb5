import type { ReactNode } from 'react'
import { Snippet } from './snippet.jsx'
import './empty-state.css'

interface EmptyStateProps {
  readonly title: string
  readonly text: string
  readonly snippets?: readonly { readonly title: string; readonly code: string }[]
  readonly children?: ReactNode
}

/** Nothing here yet: one sentence, and exactly what to type to change that. */
export function EmptyState({ title, text, snippets = [], children }: EmptyStateProps) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p className="muted">{text}</p>
      {snippets.map((snippet) => (
        <Snippet key={snippet.title} {...snippet} />
      ))}
      {children}
    </div>
  )
}
