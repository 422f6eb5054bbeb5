import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { ApiProblem } from '../api/api-problem.js'
import { useI18n } from '../i18n/use-i18n.jsx'
import { CopyButton } from './copy-button.jsx'
import { Icon } from './icon.jsx'
import './problem-panel.css'

interface ProblemPanelProps {
  readonly title?: string
  readonly message: string
  readonly code?: string | undefined
  readonly hint?: string | undefined
  readonly requestId?: string | undefined
  readonly onRetry?: (() => void) | undefined
  /** Where to look next. */
  readonly children?: ReactNode
}

/** A failure in the place of what failed: what happened, what to do, and what to quote when asking for help. */
export function ProblemPanel({ title, message, code, hint, requestId, onRetry, children }: ProblemPanelProps) {
  const { t } = useI18n()
  return (
    <div className="problem" role="alert">
      <Icon name="warning" size={18} />
      <div className="problem-body">
        {title !== undefined && <p className="problem-title">{title}</p>}
        <p className="problem-message">{message}</p>
        {hint !== undefined && hint !== '' && <p>{hint}</p>}
        {children}
        <div className="problem-facts">
          {code !== undefined && (
            <span>
              {t.problems.code} <code>{code}</code>
            </span>
          )}
          {requestId !== undefined && requestId !== '' && (
            <span className="problem-id">
              {t.problems.requestId} <code>{requestId}</code>
              <CopyButton value={requestId} what={t.problems.requestId} />
            </span>
          )}
        </div>
      </div>
      {onRetry !== undefined && (
        <Button variant="default" onClick={onRetry}>
          {t.common.retry}
        </Button>
      )}
    </div>
  )
}

/** The same for anything thrown. */
export function FailurePanel({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  if (error instanceof ApiProblem) {
    const { message, code, hint, requestId } = error
    return <ProblemPanel {...{ message, code, hint, requestId, onRetry }} />
  }
  return <ProblemPanel message={error instanceof Error ? error.message : String(error)} onRetry={onRetry} />
}
