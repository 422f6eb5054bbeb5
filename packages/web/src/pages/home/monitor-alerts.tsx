import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Moment } from '../../components/moment.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { lookOf, needsLook, orderMonitors } from '../monitoring/order-monitors.js'

/** More are on the page of monitors. */
const shownMax = 5

/** The monitors that need a look. Nothing where there are none. */
export function MonitorAlerts() {
  const { t } = useI18n()
  const { data } = useQuery(queries.monitors())
  const found = orderMonitors((data?.items ?? []).filter(needsLook), 'severity')
  if (found.length === 0) return null
  return (
    <section className="stack-tight" aria-labelledby="alerts-title">
      <h2 id="alerts-title">{t.home.monitorAlerts}</h2>
      <ul className="stack-tight">
        {found.slice(0, shownMax).map((monitor) => (
          <li key={monitor.name}>
            <div className="spread">
              <span className="row">
                <MonitorStateWord state={lookOf(monitor)} />
                <AppLink to={paths.monitor({ monitor: monitor.name })}>{monitor.name}</AppLink>
              </span>
              {monitor.state_since !== undefined && (
                <span className="small muted">
                  <Moment at={monitor.state_since} />
                </span>
              )}
            </div>
            <p className="small muted">{monitor.last_report?.sentence}</p>
          </li>
        ))}
      </ul>
      {found.length > shownMax && (
        <p>
          <AppLink to={paths.monitoring()}>{t.home.moreFailing(found.length - shownMax)}</AppLink>
        </p>
      )}
    </section>
  )
}
