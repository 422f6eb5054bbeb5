import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { FailurePanel } from './problem-panel.jsx'
import './load.css'

interface LoadProps<Data> {
  readonly query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch' | 'isFetching'>
  /** Lines of the skeleton, about as many as the content will have. */
  readonly lines?: number
  readonly children: (data: Data) => ReactNode
}

/** What a question answers: a skeleton after 200 ms, the failure in place, or the content; old content stays. */
export function Load<Data>({ query, lines = 4, children }: LoadProps<Data>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null && query.error !== undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  return <SkeletonLines lines={lines} isLoading={query.isFetching} />
}

interface SkeletonLinesProps {
  readonly lines: number
  /** False for what is not asked for yet, as it is out of sight: then nobody is told that it loads. */
  readonly isLoading?: boolean
}

/** Bars that appear after 200 ms; the delay is in the style sheet. */
export function SkeletonLines({ lines, isLoading = true }: SkeletonLinesProps) {
  const { t } = useI18n()
  return (
    <div className="skeleton" {...(isLoading ? { role: 'status', 'aria-busy': true } : {})}>
      {isLoading && <span className="visually-hidden">{t.common.loading}</span>}
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move
        <span key={line} className="skeleton-line" style={{ width: `${100 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  )
}
