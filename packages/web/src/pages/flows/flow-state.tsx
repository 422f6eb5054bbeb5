import type { FlowState } from '@fabrique/contract'
import { Icon, type IconName } from '../../components/icon.jsx'
import type { Tone } from '../../components/state-word.jsx'
import type { Catalogue } from '../../i18n/catalogue.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import '../../components/state-word.css'

const looks: Readonly<Record<FlowState['type'], readonly [Tone, IconName]>> = {
  SCHEDULED: ['idle', 'clock'],
  PENDING: ['idle', 'clock'],
  RUNNING: ['accent', 'running'],
  PAUSED: ['warning', 'pause'],
  CANCELLING: ['warning', 'running'],
  COMPLETED: ['ok', 'check'],
  FAILED: ['failure', 'cross'],
  CANCELLED: ['idle', 'skip'],
  CRASHED: ['failure', 'warning'],
}

/** Names that look other than their type: what is late needs a look, what is suspended does not. */
const namedLooks: Readonly<Record<string, readonly [Tone, IconName]>> = {
  Late: ['warning', 'clock'],
  Suspended: ['idle', 'pause'],
  Cached: ['ok', 'copy'],
}

export function lookOf(state: FlowState): { readonly tone: Tone; readonly icon: IconName } {
  const [tone, icon] = namedLooks[state.name] ?? looks[state.type]
  return { tone, icon }
}

/** The word of a state; one that this page does not know keeps the name that it came with. */
export function stateText({ name }: FlowState, t: Pick<Catalogue, 'flows'>): string {
  const names: Readonly<Record<string, string>> = t.flows.stateNames
  return names[name] ?? name
}

/** The state of a run or a step as icon, word and colour. */
export function FlowStateWord({ state }: { readonly state: FlowState }) {
  const { t } = useI18n()
  const { tone, icon } = lookOf(state)
  return (
    <span className={`state tone-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{stateText(state, t)}</span>
    </span>
  )
}
