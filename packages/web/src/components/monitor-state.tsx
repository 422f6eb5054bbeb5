import type { MonitorState } from '@fabrique/contract'
import { useI18n } from '../i18n/use-i18n.jsx'
import { Icon, type IconName } from './icon.jsx'
import type { Tone } from './state-word.jsx'
import './state-word.css'

export type MonitorLook = MonitorState | 'never'

/** The three levels differ by shape as well; what could not be told has a shape and a tone of its own. */
const looks: Readonly<Record<MonitorLook, readonly [Tone, IconName]>> = {
  alarm: ['failure', 'alarm'],
  warning: ['warning', 'warning'],
  ok: ['ok', 'check'],
  not_enough_data: ['idle', 'dash'],
  failed: ['failure', 'cross'],
  never: ['idle', 'clock'],
}

/** What a monitor came to, as shape, word and colour. */
export function MonitorStateWord({
  state,
  children,
}: {
  readonly state: MonitorLook
  readonly children?: string | undefined
}) {
  const { t } = useI18n()
  const [tone, icon] = looks[state]
  return (
    <span className={`state tone-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{children ?? t.monitorStates[state]}</span>
    </span>
  )
}
