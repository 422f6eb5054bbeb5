import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'

/** Tells screen readers of a new page, and gives it the focus when the focus was lost with the old one. */
export function RouteFocus() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? state.location.pathname })
  const before = useRef(path)
  const [announced, announce] = useState('')
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    const timer = setTimeout(() => {
      announce(document.title)
      if (document.activeElement === null || document.activeElement === document.body)
        document.getElementById('content')?.focus({ preventScroll: true })
    }, 150)
    return () => clearTimeout(timer)
  }, [path])
  return (
    <p role="status" aria-live="polite" className="visually-hidden">
      {announced}
    </p>
  )
}
