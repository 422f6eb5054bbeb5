import type { CSSProperties, KeyboardEventHandler, ReactNode, Ref } from 'react'

interface ScrollRegionProps {
  readonly label: string
  readonly className?: string
  readonly style?: CSSProperties
  readonly ref?: Ref<HTMLElement>
  readonly onKeyDown?: KeyboardEventHandler<HTMLElement>
  readonly children: ReactNode
}

/** A part that scrolls by itself: named, and in the tab order, so that the keyboard can scroll it too. */
export function ScrollRegion({
  label,
  className = 'scroll-region',
  style,
  ref,
  onKeyDown,
  children,
}: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard cannot scroll the region (WCAG 2.1.1)
    <section aria-label={label} className={className} style={style} ref={ref} tabIndex={0} onKeyDown={onKeyDown}>
      {children}
    </section>
  )
}
