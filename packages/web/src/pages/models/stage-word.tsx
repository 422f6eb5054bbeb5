import type { ModelStage } from '@fabrique/contract'
import { Icon, type IconName } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import '../../components/state-word.css'

const icons: Readonly<Record<ModelStage, readonly [tone: string, icon: IconName]>> = {
  None: ['idle', 'dash'],
  Staging: ['accent', 'clock'],
  Production: ['ok', 'check'],
  Archived: ['idle', 'folder'],
}

/** The stage of a version, as older clients know it. */
export function StageWord({ stage }: { readonly stage: ModelStage }) {
  const { t } = useI18n()
  const [tone, icon] = icons[stage]
  return (
    <span className={`state tone-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{t.models.stages[stage]}</span>
    </span>
  )
}
