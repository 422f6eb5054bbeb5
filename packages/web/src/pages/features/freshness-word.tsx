import type { FeatureView } from '@fabrique/contract'
import { Icon } from '../../components/icon.jsx'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { freshnessOf } from './freshness.js'

const looks = {
  off: ['idle', 'skip'],
  missing: ['warning', 'clock'],
  empty: ['warning', 'dash'],
  newest: ['ok', 'check'],
  stale: ['warning', 'warning'],
} as const

/** How fresh a view is online, in words: what is too old says so. */
export function FreshnessWord({ view }: { readonly view: FeatureView }) {
  const { t, f } = useI18n()
  const now = useNow(15_000)
  const found = freshnessOf(view, now)
  const [tone, icon] = looks[found.state]
  const words = t.features.fresh
  return (
    <span className={`state tone-${tone} freshness`}>
      <Icon name={icon} size={14} />
      {found.state === 'newest' || found.state === 'stale' ? (
        <time dateTime={found.at} title={f.momentUtc(found.at)}>
          {words[found.state](f.ago(found.at, now))}
        </time>
      ) : (
        <span>{words[found.state]}</span>
      )}
    </span>
  )
}
