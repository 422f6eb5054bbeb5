import type { Finding } from '@fabrique/contract'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

const looks = { open: 'degraded', acknowledged: 'waiting', resolved: 'done' } as const

/** Whether a finding is new, known or over. */
export function FindingStateWord({ state }: Pick<Finding, 'state'>) {
  const { t } = useI18n()
  return <StateWord state={looks[state]}>{t.monitoring.findings.states[state]}</StateWord>
}
