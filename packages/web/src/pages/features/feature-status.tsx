import type { FeatureStatus } from '@fabrique/contract'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

const looks = {
  PRESENT: ['ok', 'check'],
  NULL_VALUE: ['idle', 'dash'],
  NOT_FOUND: ['warning', 'cross'],
  OUTSIDE_MAX_AGE: ['warning', 'clock'],
} as const

/** How a feature was found, as icon, word and colour; the status of the API on hover. */
export function FeatureStatusWord({ status }: { readonly status: FeatureStatus }) {
  const { t } = useI18n()
  const [tone, icon] = looks[status]
  return (
    <span className={`state tone-${tone}`} title={`${status} · ${t.features.statusMeans[status]}`}>
      <Icon name={icon} size={14} />
      <span>{t.features.statuses[status]}</span>
    </span>
  )
}
