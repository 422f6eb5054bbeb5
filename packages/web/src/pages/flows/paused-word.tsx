import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import '../../components/state-word.css'

/** Says that a flow or a schedule is paused. */
export function PausedWord() {
  const { t } = useI18n()
  return (
    <span className="state tone-warning">
      <Icon name="pause" size={14} />
      <span>{t.flows.paused}</span>
    </span>
  )
}
