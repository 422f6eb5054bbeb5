import type { TraceState } from '@fabrique/contract'
import { type StateName, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

const names: Readonly<Record<TraceState, StateName>> = {
  OK: 'done',
  ERROR: 'failed',
  IN_PROGRESS: 'running',
  STATE_UNSPECIFIED: 'notEvaluated',
}

export function TraceStateWord({ state }: { readonly state: TraceState }) {
  const { t } = useI18n()
  return <StateWord state={names[state]}>{t.traces.states[state]}</StateWord>
}
