import { Icon, type IconName } from '../../components/icon.jsx'
import type { Tone } from '../../components/state-word.jsx'
import '../../components/state-word.css'

/** What was decided as shape, word and colour; what was not looks like neither. */
export function DecidedWord({ isAlarm, children }: { readonly isAlarm: boolean | null; readonly children: string }) {
  const [tone, icon]: readonly [Tone, IconName] =
    isAlarm === null ? ['idle', 'dash'] : isAlarm ? ['failure', 'alarm'] : ['ok', 'check']
  return (
    <span className={`state tone-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{children}</span>
    </span>
  )
}
