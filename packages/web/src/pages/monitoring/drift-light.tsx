import type { Monitor } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { lookOf, orderMonitors } from './order-monitors.js'

/** The state of the most severe of some monitors, as a link to it; how many others there are beside. */
export function DriftLight({ monitors }: { readonly monitors: readonly Monitor[] }) {
  const { t } = useI18n()
  const [worst, ...others] = orderMonitors(monitors, 'severity')
  if (worst === undefined) return <span className="small muted">{t.monitoring.unwatched}</span>
  const { name } = worst
  const look = lookOf(worst)
  return (
    <span className="row">
      <AppLink to={paths.monitor({ monitor: name })} aria-label={t.monitoring.lightOf(name, t.monitorStates[look])}>
        <MonitorStateWord state={look} />
      </AppLink>
      {others.length > 0 && (
        <AppLink
          className="small"
          to={paths.monitoring()}
          search={{ filter: worst.model }}
          aria-label={t.monitoring.othersOf(others.length, worst.model ?? '')}
        >
          +{others.length}
        </AppLink>
      )}
    </span>
  )
}
