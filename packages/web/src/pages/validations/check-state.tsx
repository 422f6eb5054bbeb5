import type { CheckResult, Severity } from '@fabrique/contract'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** How a check ended; one that could not be evaluated is neither passed nor failed. */
export function CheckState({ check }: { readonly check: Pick<CheckResult, 'success' | 'error'> | undefined }) {
  if (check === undefined || check.error !== undefined) return <StateWord state="notEvaluated" />
  return <StateWord state={check.success ? 'passed' : 'failed'} />
}

/** What a failure of an expectation means for what follows. */
export function SeverityWord({ severity }: { readonly severity: Severity }) {
  const { t } = useI18n()
  const tone = { critical: 'failure', warning: 'warning', info: 'idle' }[severity]
  return (
    <span className={`tone-${tone}`} title={t.validation.severityMeans[severity]}>
      {t.validation.severities[severity]}
    </span>
  )
}
