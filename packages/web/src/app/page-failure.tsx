import { Button } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Page } from '../components/page.jsx'
import { ProblemPanel } from '../components/problem-panel.jsx'
import { useI18n } from '../i18n/use-i18n.jsx'

/** What stands in place of a page whose code failed; the shell around it goes on. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  const { t } = useI18n()
  return (
    <Page title={t.problems.pageBroke} narrow>
      <ProblemPanel
        message={error instanceof Error ? error.message : String(error)}
        hint={t.problems.pageBrokeHint}
        onRetry={reset}
      />
      <div>
        <Button variant="default" onClick={() => location.reload()}>
          {t.problems.reload}
        </Button>
      </div>
    </Page>
  )
}
