import type { MonitorReport, ReportAction } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { Icon, type IconName } from '../../components/icon.jsx'
import { Moment } from '../../components/moment.jsx'
import type { Tone } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

const looks: Readonly<Record<ReportAction['outcome'], readonly [Tone, IconName]>> = {
  done: ['ok', 'check'],
  cool_down: ['idle', 'clock'],
  open_already: ['idle', 'dash'],
  nothing_to_do: ['idle', 'dash'],
  refused: ['failure', 'cross'],
}

/** What followed from a report: done, or why not. */
export function ReportActions({ report }: { readonly report: MonitorReport }) {
  const { t } = useI18n()
  const words = t.monitoring
  return (
    <section className="stack-tight" aria-labelledby="report-actions">
      <h2 id="report-actions">{words.followed}</h2>
      {report.actions.length === 0 ? (
        <p className="muted">{words.nothingFollowed}</p>
      ) : (
        <ul className="stack-tight">
          {report.actions.map((action) => (
            <li key={`${action.do} ${action.flow ?? ''}`}>
              <ActionLine action={action} report={report} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function ActionLine({ action, report }: { readonly action: ReportAction; readonly report: MonitorReport }) {
  const { t } = useI18n()
  const words = t.monitoring
  const [tone, icon] = looks[action.outcome]
  const { flow, flow_run_id: run, finding_id: finding, from_version: from, to_version: to, until, why } = action
  return (
    <span className="row">
      <span className={`state tone-${tone}`}>
        <Icon name={icon} size={14} />
        <span>{t.common.labelled(words.doings[action.do], words.outcomes[action.outcome])}</span>
      </span>
      {flow !== undefined && <code>{flow}</code>}
      {flow !== undefined && run !== undefined && (
        <AppLink to={paths.flowRun({ project: report.project, flow, run })}>{words.openRun}</AppLink>
      )}
      {finding !== undefined && (
        <AppLink to={paths.monitoring()} search={{ tab: 'findings', of: report.monitor, show: 'all' }}>
          {words.openFinding}
        </AppLink>
      )}
      {from !== undefined && to !== undefined && <span>{words.versions(from, to)}</span>}
      {until !== undefined && (
        <span className="muted">
          <Moment at={until} />
        </span>
      )}
      {why !== undefined && <span className="muted">{why}</span>}
    </span>
  )
}
