import type { ReactNode } from 'react'

interface RunPartProps {
  readonly title: string
  /** Said in place of the content where there is none. */
  readonly empty?: string | undefined
  readonly children: ReactNode
}

/** A titled part of the overview. */
export function RunPart({ title, empty, children }: RunPartProps) {
  return (
    <section className="stack-tight">
      <h2>{title}</h2>
      {empty === undefined ? children : <p className="muted">{empty}</p>}
    </section>
  )
}
